/**
 * Tells zod not to try `new Function`: the content policy forbids it, and even a caught try is reported as a violation. It must stand before
 * anything that imports zod, so it is the first import of `main.tsx`.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

export {};
