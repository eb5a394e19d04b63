import { train, weightsFile } from './train.ts';

// node shared/src/language/training/print.ts > shared/src/language/weights.ts
// oxlint-disable-next-line no-console -- printing the file is what this script is for
console.log(weightsFile(train()).trimEnd());
