;; Bytes moved for one firing are bounded: fields and copies alike. The next firing has them all again.
;; budget: fuel_per_fire=1000000 value_str_bytes_max=40
;; frame: {"args":[{"$repeat":["x",1000]}]}
;; fire: #fields entry
;; fire: #slots entry
;; fire: #kept entry
;; fire: #log entry
;; fire: #bad_log entry
;; fire: #text entry
;; fire: #keys entry
;; fire: #fine entry
;; frame: {"args":[{"$repeat":["y",50000]},{"$repeat":["y",50000]}]}
;; fire: #equal entry
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect record {"probe":"fields","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect fault {"probe":"fields","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"slots","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"kept","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect log {"probe":"log","level":"trace","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"}
;; expect log {"probe":"log","level":"trace","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"}
;; expect log {"probe":"log","level":"trace","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"}
;; expect fault {"probe":"log","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"bad_log","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"text","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"keys","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect record {"probe":"fine","point":"entry","fields":{"f":{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}
;; expect fault {"probe":"equal","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect aggregation {"name":"keys","kind":"count","key":[{"$truncated":"bytes","total":1000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}],"value":1171}
;; expect summary {"probe":"bad_log","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"equal","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"fields","firings":1,"rejected":0,"records":16,"faults":{"host_budget":1},"drops":{"per_fire":1058}}
;; expect summary {"probe":"fine","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"kept","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"keys","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"log","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"slots","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"text","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "arg1" (func $arg1 (result i64)))
  (import "probe1.field" "f" (func $field (param i64)))
  (import "probe1.field.str" "t" (func $text (param i32 i32)))
  (import "probe1.slot" "s" (func $slot (result i64)))
  (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
  (import "probe1" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "probe1" "eq" (func $eq (param i64 i64) (result i32)))
  (import "probe1.count" "keys" (func $count (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (memory (export "memory") 1)
  (func (export "fn:shop.cart.*:entry#fields") (loop $n (call $field (call $arg0)) (drop (call $emit)) (br $n)))
  (func (export "fn:shop.cart.*:entry#slots") (loop $n (drop (call $set (call $arg0))) (br $n)))
  (func (export "fn:shop.cart.*:entry#kept") (drop (call $set (call $arg0))) (loop $n (drop (call $slot)) (br $n)))
  (func (export "fn:shop.cart.*:entry#log") (loop $n (drop (call $log (i32.const 5) (i32.const 0) (i32.const 20000))) (br $n)))
  (func (export "fn:shop.cart.*:entry#bad_log") (loop $n (drop (call $log (i32.const 9) (i32.const 0) (i32.const 60000))) (br $n)))
  (func (export "fn:shop.cart.*:entry#text") (loop $n (call $text (i32.const 0) (i32.const 60000)) (br $n)))
  (func (export "fn:shop.cart.*:entry#keys") (loop $n (call $count (call $arg0)) (br $n)))
  (func (export "fn:shop.cart.*:entry#equal") (loop $n (drop (call $eq (call $arg0) (call $arg1))) (br $n)))
  (func (export "fn:shop.cart.*:entry#fine") (call $field (call $arg0)) (drop (call $emit))))
