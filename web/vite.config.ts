import { defineConfig } from "vite";

// Where the program listens while the page is developed (`npm run dev`).
const program = process.env.MP_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2021",
    // The policy of the server is default-src 'self': a data: address would be refused.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/api": { target: program, ws: true, changeOrigin: true, headers: { origin: program } } },
  },
});
