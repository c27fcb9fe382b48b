// The start of the page.

import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/pages.css";
import { App } from "./app";
import { listen } from "./keys";
import { start } from "./live/store";

const place = document.getElementById("page");
if (place === null) throw new Error("index.html has no #page");
listen();
start();
render(<App />, place);
