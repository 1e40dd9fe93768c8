;; A pointer to nowhere.
;; = import `probe1` `log` takes a pointer, expected the module to export its `memory`
;; = hint: export it as `memory`, or use an import whose name is the text
(module (import "probe1" "log" (func (param i32 i32 i32) (result i32))) (memory 1) (func (export "fn:a.b:entry")))
