// All tests of the page, in one process: they share a browser and a program.

import { after, before } from "node:test";
import { begin, end } from "./browser";
import "./access.test";
import "./live.test";
import "./program.test";

before(() => begin());
after(() => end());
