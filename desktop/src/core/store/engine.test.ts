import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import { engineSuite } from './engine.suite.ts';

engineSuite('journeyapps', journeyapps, multipleCiphers);
engineSuite('multiple-ciphers', multipleCiphers, journeyapps);
