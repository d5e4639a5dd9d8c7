// The drawing itself: bpmn-js with our palette, menus, templates and panel, or the same to look at only.
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import { BpmnPropertiesPanelModule } from "bpmn-js-properties-panel";
import Modeler from "bpmn-js/lib/Modeler";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import camunda from "camunda-bpmn-moddle/resources/camunda.json";
import minimap from "diagram-js-minimap";
import { MenusModule } from "./editor_menus.js";
import { PanelModule } from "./editor_panel.js";
import { StepsModule } from "./editor_steps.js";
import { WordsModule, translateMenus } from "./editor_words.js";

export function drawingOf(container, { mayEdit, panel, offered }) {
  const common = { container, moddleExtensions: { camunda } };
  if (!mayEdit) return new NavigatedViewer({ ...common, additionalModules: [WordsModule] });
  translateMenus(document.body);
  return new Modeler({
    ...common, offered,
    propertiesPanel: { parent: panel },
    minimap: { open: false },
    additionalModules: [WordsModule, BpmnPropertiesPanelModule, CreateAppendAnythingModule, minimap, StepsModule, MenusModule, PanelModule],
  });
}
