/* eslint-env browser */
/** One test, in the page that Karma opens: what Karma's own page runs on. */
window.__karma__.start = async function start() {
  const began = Date.now();
  const karma = window.__karma__;
  karma.info({ total: 1 });
  const page = window.parent;
  const script = page.document.querySelector('script[src*="socket.io"]').src;
  const bundle = await (await fetch(script)).text();
  const facts = {
    script: new URL(script).pathname,
    banner: bundle.slice(0, bundle.indexOf("\n")),
    isGlobal: page.io === page.io.io,
    connected: page.karma.socket.connected,
    reconnectionDelayMax: String(page.karma.socket.io.opts.reconnectionDelayMax),
  };
  const success = facts.connected;
  karma.result({
    id: "1",
    suite: [],
    description: "the page is connected",
    success,
    log: [JSON.stringify(facts)],
    time: Date.now() - began,
  });
  karma.complete({});
};
