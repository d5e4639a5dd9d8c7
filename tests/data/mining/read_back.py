"""Read an XES and an OCEL 2.0 file with pm4py and print what it saw; runs in an environment of its own."""

import json
import sys

from pm4py.objects.log.importer.xes.variants import iterparse
from pm4py.objects.ocel.importer.jsonocel.variants import ocel20_standard

log = iterparse.apply(sys.argv[1], parameters={iterparse.Parameters.SHOW_PROGRESS_BAR: False})
ocel = ocel20_standard.apply(sys.argv[2])
print(json.dumps({
    "traces": sorted((trace.attributes["concept:name"], len(trace)) for trace in log),
    "activities": sorted({event["concept:name"] for trace in log for event in trace}),
    "resources": sorted({event["org:resource"] for trace in log for event in trace}),
    "first": min(event["time:timestamp"] for trace in log for event in trace).isoformat(),
    "events": len(ocel.events), "objects": ocel.objects[ocel.object_type_column].value_counts().to_dict(),
    "relations": len(ocel.relations), "qualifiers": sorted(set(ocel.relations["ocel:qualifier"])),
    "types": sorted(set(ocel.events[ocel.event_activity])),
}))
