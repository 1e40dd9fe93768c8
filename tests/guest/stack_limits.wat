;; So many frames, so many bytes of a name, so many of a stack, and no more; a slot is too small for the longest.
;; frame: {"module":"m","qualname":"outermost"}
;; frame: {"module":"m","qualname":"f","times":100}
;; fire: #count entry
;; frame: {"module":["m",300],"qualname":["é",300],"file":["/f",300],"line":7}
;; fire: #long entry
;; frame: {"module":["m",300],"qualname":["é",300],"file":["/f",300],"line":7,"times":60}
;; fire: #bytes entry
;; fire: #past entry
;; expect record {"probe":"count","point":"entry","fields":{"len":64,"cut":"m.f"}}
;; expect record {"probe":"long","point":"entry","fields":{"long":{"$stack":["mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm….éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé… (/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f/f…:7)"]}}}
;; expect record {"probe":"bytes","point":"entry","fields":{"len":15,"kept":-4}}
;; expect record {"probe":"past","point":"entry","fields":{"cut":{"$error":"LIMIT"}}}
;; expect summary {"probe":"bytes","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"count","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"long","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"past","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.field" "len" (func $f0 (param i64)))
  (import "probe1.field" "cut" (func $f1 (param i64)))
  (import "probe1.field" "long" (func $f2 (param i64)))
  (import "probe1.field" "kept" (func $f3 (param i64)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1" "at" (func $at (param i64 i32) (result i64)))
  (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
  (func $box (param $n i32) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.cart.*:entry#count")
    (call $f0 (call $box (call $len (call $stack (i32.const 1000) (i32.const 0)))))
    (call $f1 (call $at (call $stack (i32.const 1000) (i32.const 0)) (i32.const 63)))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry#long")
    (call $f2 (call $stack (i32.const 1) (i32.const 3)))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry#bytes") (local $s i64)
    (local.set $s (call $stack (i32.const 60) (i32.const 3)))
    (call $f0 (call $box (call $len (local.get $s))))
    (call $f3 (call $box (call $set (local.get $s))))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry#past")
    (call $f1 (call $at (call $stack (i32.const 60) (i32.const 3)) (i32.const -1)))
    (drop (call $emit))))
