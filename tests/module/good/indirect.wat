;; An indirect call reaches every function in the table, an import in it too.
;; = fn:a.calls:entry is fn:a.calls:entry args [1] emits
;; = fn:a.does_not:entry is fn:a.does_not:entry args []
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "arg1" (func $arg1 (result i64)))
  (table funcref (elem $reads $emit))
  (func $reads (drop (call $arg1)))
  (func (export "fn:a.calls:entry") (call_indirect (i32.const 0)))
  (func (export "fn:a.does_not:entry")))
