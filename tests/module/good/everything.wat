;; Everything a module may have.
;; = fn:shop.**.add_*:exit?sample=0.5&min=5ms#hot is fn:shop.**.add_*:exit?sample=0.5&min=5ms#hot args [] status
;; = memory 1 Some(4)
;; = initialize
(module
  (import "probe1" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "probe1.field" "user" (func $field (param i64)))
  (import "probe1.str" "any text,\nwhatever it is" (func $text (result i64)))
  (import "probe1.lquantize" "bytes,0,100,5" (func $linear (param i64 f64)))
  (memory (export "memory") 1 4)
  (global $n (mut i32) (i32.const 0))
  (table 2 funcref)
  (elem (i32.const 0) $helper)
  (data (i32.const 16) "hello")
  (func $helper)
  (func (export "_initialize") (global.set $n (i32.const 1)))
  (func (export "fn:shop.**.add_*:exit?sample=0.5&min=5ms#hot") (result i32)
    (call $field (call $text))
    (call $linear (call $text) (f64.const 1))
    (call $log (i32.const 3) (i32.const 16) (i32.const 5)))
  (@custom "producers" "anything"))
