;; What is held back is bounded.
;; frame: {"args":["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]}
;; request: begin
;; fire: #hold entry
;; fire: 1000x #note entry
;; fire: #drop entry
;; expect summary {"probe":"drop","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"hold","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"note","firings":1000,"rejected":0,"records":0,"faults":{},"drops":{"forgotten":816,"speculation_full":184}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "speculate" (func $speculate (result i32)))
  (import "probe1" "forget" (func $forget (result i32)))
  (import "probe1.field" "a" (func $a (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:shop.cart.*:entry#hold") (drop (call $speculate)))
  (func (export "fn:shop.cart.*:entry#drop") (drop (call $forget)))
  (func (export "fn:shop.cart.*:entry#note") (call $a (call $arg (i32.const 0))) (drop (call $emit))))
