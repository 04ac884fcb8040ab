// What draws the page is asked for once the first picture stands: before, the two would wait for the same processor. A page that
// nobody sees paints nothing, and begins all the same. Stands in the page itself (kioskd/screen/pages.py).

const HIDDEN_MS = 300;

const modules = document.getElementById("modules");
const begin = () => document.head.append(modules.content);

requestAnimationFrame(() => setTimeout(begin));
setTimeout(begin, HIDDEN_MS);
