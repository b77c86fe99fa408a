// A server without dependencies: it says which version answers, and finishes its requests when it is told to stop.
"use strict";

const http = require("node:http");

const version = process.env.VERSION || "dev";

const server = http.createServer((request, response) => {
  const path = request.url.split("?")[0];
  const known = path === "/" || path === "/healthz";
  const answer = path === "/healthz" ? { status: "ok" } : { message: "Hello from Node", version };
  request.resume();
  request.on("end", () => {
    response.writeHead(known ? 200 : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(known ? answer : { error: "not found" }) + "\n");
  });
});

server.listen(3000, () => console.log(`version ${version} listens on port 3000`));

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
