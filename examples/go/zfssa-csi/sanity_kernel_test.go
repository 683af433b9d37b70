package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// kernelOf returns the kernel transport of a node whose LUNs are those that the simulator presents
// to the node's initiator group. The data of each is a loop device.
func (s *simulator) kernelOf(t *testing.T, group string) *kernel {
	t.Helper()
	b := newBench(t)
	b.target = ""
	loops := map[string]string{}
	b.lookUp = func(number uint64) (found lun, ok bool) {
		var state any
		if err := json.Unmarshal(s.ask(t, "GET", "/state", nil), &state); err != nil {
			t.Error(err)
		}
		presented(state, func(guid string, bytes int64, to string, at uint64) {
			if to == group && at == number {
				found, ok = lun{guid: strings.ToUpper(guid), bytes: bytes}, true
			}
		})
		if ok && loops[found.guid] == "" {
			loops[found.guid] = loopDevice(t, found.bytes)
		}
		found.loop = loops[found.guid]
		return found, ok
	}
	return b.kernel
}

// presented calls a function with each presentation of a LUN in the simulator's state.
func presented(state any, call func(guid string, bytes int64, group string, number uint64)) {
	switch v := state.(type) {
	case map[string]any:
		guid, _ := v["lunguid"].(string)
		bytes, _ := v["volsize"].(float64)
		views, _ := v["views"].([]any)
		for _, one := range views {
			view, _ := one.(map[string]any)
			group, _ := view["group"].(string)
			number, _ := view["number"].(float64)
			call(guid, int64(bytes), group, uint64(number))
		}
		for _, inner := range v {
			presented(inner, call)
		}
	case []any:
		for _, inner := range v {
			presented(inner, call)
		}
	}
}
