;; A stub that writes to guest memory, of which there is none.
;; = import `wasi_snapshot_preview1` `clock_time_get` takes a pointer, expected the module to export its `memory`
;; = hint: export it as `memory`, or use an import whose name is the text
(module (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32))) (func (export "fn:a.b:entry")))
