// The document page: viewer, diagram, tabs.
import { diagramsOf } from "./lib/diagram.js";
import { tabsOf } from "./lib/tabs.js";
import { viewersOf } from "./lib/viewer.js";

tabsOf(document);
viewersOf(document);
diagramsOf(document);
