import { contextBridge, ipcRenderer } from 'electron';

/**
 * All the page gets of Electron: a word that a port to the core is wanted. The port comes as a message of the page's own window, because ports
 * cannot pass through the bridge of contexts. Nothing is taken from the page.
 */
contextBridge.exposeInMainWorld('adiuva', { connect: () => ipcRenderer.send('bridge:connect') });

ipcRenderer.on('bridge:port', (event) => window.postMessage('adiuva:port', window.location.origin, event.ports));
