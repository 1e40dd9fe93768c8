;; Stubs of WASI: those that answer a number need no memory.
;; = fn:a.b:entry is fn:a.b:entry args []
(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (func (export "fn:a.b:entry")))
