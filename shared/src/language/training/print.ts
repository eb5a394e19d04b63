import { train, weightsFile } from './train.ts';

// node shared/src/language/training/print.ts > shared/src/language/weights.ts
console.log(weightsFile(train()).trimEnd());
