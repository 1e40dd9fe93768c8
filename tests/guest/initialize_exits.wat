;; Nor one whose `_initialize` ends the program.
;; expect error `_initialize` ended the program: the module called `proc_exit(3)`
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "_initialize") (call $proc_exit (i32.const 3)))
  (func (export "fn:shop.cart.*:entry")))
