import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import { storeSuite } from './store.suite.ts';

storeSuite('journeyapps', journeyapps);
storeSuite('multiple-ciphers', multipleCiphers);
