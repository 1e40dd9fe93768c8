;; A local called `args` or `kwargs` is that local; else the name stands for the whole.
;; frame: {"args":{"a":1},"kwargs":{"k":"v"}}
;; fire: entry
;; frame: {"args":{"args":"mine"},"locals":{"kwargs":{"z":26}}}
;; fire: entry
;; frame: {}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"args":{"$tuple":[1]},"args[0]":1,"args[-1]":1,"args[1]":{"$error":"ABSENT"},"kwargs":{"k":"v"},"kwargs[\"k\"]":"v","kwargs[\"z\"]":{"$error":"ABSENT"},"kwargs[0]":{"$error":"KIND"},"args[\"k\"]":{"$error":"KIND"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"args":"mine","args[0]":{"$error":"KIND"},"args[-1]":{"$error":"KIND"},"args[1]":{"$error":"KIND"},"kwargs":{"z":26},"kwargs[\"k\"]":{"$error":"ABSENT"},"kwargs[\"z\"]":26,"kwargs[0]":{"$error":"ABSENT"},"args[\"k\"]":{"$error":"KIND"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"args":{"$tuple":[]},"args[0]":{"$error":"ABSENT"},"args[-1]":{"$error":"ABSENT"},"args[1]":{"$error":"ABSENT"},"kwargs":{},"kwargs[\"k\"]":{"$error":"ABSENT"},"kwargs[\"z\"]":{"$error":"ABSENT"},"kwargs[0]":{"$error":"KIND"},"args[\"k\"]":{"$error":"KIND"}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":3,"rejected":0,"records":3,"faults":{},"drops":{}}
(module
  (import "probe1.get" "args" (func $g0 (result i64)))
  (import "probe1.field" "args" (func $f0 (param i64)))
  (import "probe1.get" "args[0]" (func $g1 (result i64)))
  (import "probe1.field" "args[0]" (func $f1 (param i64)))
  (import "probe1.get" "args[-1]" (func $g2 (result i64)))
  (import "probe1.field" "args[-1]" (func $f2 (param i64)))
  (import "probe1.get" "args[1]" (func $g3 (result i64)))
  (import "probe1.field" "args[1]" (func $f3 (param i64)))
  (import "probe1.get" "kwargs" (func $g4 (result i64)))
  (import "probe1.field" "kwargs" (func $f4 (param i64)))
  (import "probe1.get" "kwargs[\"k\"]" (func $g5 (result i64)))
  (import "probe1.field" "kwargs[\"k\"]" (func $f5 (param i64)))
  (import "probe1.get" "kwargs[\"z\"]" (func $g6 (result i64)))
  (import "probe1.field" "kwargs[\"z\"]" (func $f6 (param i64)))
  (import "probe1.get" "kwargs[0]" (func $g7 (result i64)))
  (import "probe1.field" "kwargs[0]" (func $f7 (param i64)))
  (import "probe1.get" "args[\"k\"]" (func $g8 (result i64)))
  (import "probe1.field" "args[\"k\"]" (func $f8 (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $all
    (call $f0 (call $g0))
    (call $f1 (call $g1))
    (call $f2 (call $g2))
    (call $f3 (call $g3))
    (call $f4 (call $g4))
    (call $f5 (call $g5))
    (call $f6 (call $g6))
    (call $f7 (call $g7))
    (call $f8 (call $g8))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry") (call $all)))
