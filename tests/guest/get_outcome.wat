;; What a call ended with, at each point.
;; frame: {"args":{"n":1}}
;; fire: entry
;; fire: return {"$object":"shop.Cart","total":5}
;; fire: return null
;; fire: raise shop.Refused "no stock"
;; fire: raise KeyError 7
;; fire: raise StopIteration
;; fire: raise OSError {"$object":"str","x":1}, 2
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"retval":{"$error":"POINT"},"retval.total":{"$error":"POINT"},"exception":{"$error":"POINT"},"exception.args":{"$error":"POINT"},"exception.args[0]":{"$error":"POINT"},"exc.type":{"$error":"POINT"},"exc.message":{"$error":"POINT"},"exc.message.x":{"$error":"POINT"},"exception.nope":{"$error":"POINT"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"retval":{"$type":"shop.Cart","total":5},"retval.total":5,"exception":null,"exception.args":{"$error":"KIND"},"exception.args[0]":{"$error":"KIND"},"exc.type":{"$error":"POINT"},"exc.message":{"$error":"POINT"},"exc.message.x":{"$error":"POINT"},"exception.nope":{"$error":"KIND"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"retval":null,"retval.total":{"$error":"ABSENT"},"exception":null,"exception.args":{"$error":"KIND"},"exception.args[0]":{"$error":"KIND"},"exc.type":{"$error":"POINT"},"exc.message":{"$error":"POINT"},"exc.message.x":{"$error":"POINT"},"exception.nope":{"$error":"KIND"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"retval":{"$error":"POINT"},"retval.total":{"$error":"POINT"},"exception":{"$type":"shop.Refused","args":{"$tuple":["no stock"]}},"exception.args":{"$tuple":["no stock"]},"exception.args[0]":"no stock","exc.type":{"$type":"shop.Refused"},"exc.message":"no stock","exc.message.x":{"$error":"ABSENT"},"exception.nope":{"$error":"ABSENT"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"retval":{"$error":"POINT"},"retval.total":{"$error":"POINT"},"exception":{"$type":"KeyError","args":{"$tuple":[7]}},"exception.args":{"$tuple":[7]},"exception.args[0]":7,"exc.type":{"$type":"KeyError"},"exc.message":{"$error":"ABSENT"},"exc.message.x":{"$error":"ABSENT"},"exception.nope":{"$error":"ABSENT"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"retval":{"$error":"POINT"},"retval.total":{"$error":"POINT"},"exception":{"$type":"StopIteration","args":{"$tuple":[]}},"exception.args":{"$tuple":[]},"exception.args[0]":{"$error":"ABSENT"},"exc.type":{"$type":"StopIteration"},"exc.message":{"$error":"ABSENT"},"exc.message.x":{"$error":"ABSENT"},"exception.nope":{"$error":"ABSENT"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"retval":{"$error":"POINT"},"retval.total":{"$error":"POINT"},"exception":{"$type":"OSError","args":{"$tuple":[{"$type":"str","x":1},2]}},"exception.args":{"$tuple":[{"$type":"str","x":1},2]},"exception.args[0]":{"$type":"str","x":1},"exc.type":{"$type":"OSError"},"exc.message":{"$error":"ABSENT"},"exc.message.x":{"$error":"ABSENT"},"exception.nope":{"$error":"ABSENT"}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":6,"rejected":0,"records":6,"faults":{},"drops":{}}
(module
  (import "probe1.get" "retval" (func $g0 (result i64)))
  (import "probe1.field" "retval" (func $f0 (param i64)))
  (import "probe1.get" "retval.total" (func $g1 (result i64)))
  (import "probe1.field" "retval.total" (func $f1 (param i64)))
  (import "probe1.get" "exception" (func $g2 (result i64)))
  (import "probe1.field" "exception" (func $f2 (param i64)))
  (import "probe1.get" "exception.args" (func $g3 (result i64)))
  (import "probe1.field" "exception.args" (func $f3 (param i64)))
  (import "probe1.get" "exception.args[0]" (func $g4 (result i64)))
  (import "probe1.field" "exception.args[0]" (func $f4 (param i64)))
  (import "probe1.get" "exc.type" (func $g5 (result i64)))
  (import "probe1.field" "exc.type" (func $f5 (param i64)))
  (import "probe1.get" "exc.message" (func $g6 (result i64)))
  (import "probe1.field" "exc.message" (func $f6 (param i64)))
  (import "probe1.get" "exc.message.x" (func $g7 (result i64)))
  (import "probe1.field" "exc.message.x" (func $f7 (param i64)))
  (import "probe1.get" "exception.nope" (func $g8 (result i64)))
  (import "probe1.field" "exception.nope" (func $f8 (param i64)))
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
  (func (export "fn:shop.cart.*:entry") (call $all))
  (func (export "fn:shop.cart.*:exit") (call $all)))
