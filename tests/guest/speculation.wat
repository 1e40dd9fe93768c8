;; Records are held back until they are wanted or not; of those nobody decides on it is said that they are undecided.
;; frame: {"args":[1]}
;; fire: #hold entry
;; fire: #keep entry
;; request: begin
;; fire: #keep entry
;; fire: #hold entry
;; frame: {"args":[2]}
;; fire: #note entry
;; frame: {"args":[3]}
;; fire: #note entry
;; fire: #keep entry
;; frame: {"args":[4]}
;; fire: #note entry
;; fire: #hold entry
;; fire: 2x #note entry
;; fire: #drop entry
;; frame: {"args":[5]}
;; fire: #note entry
;; fire: #hold entry
;; fire: 3x #note entry
;; request: child
;; frame: {"args":[6]}
;; fire: #note entry
;; request: end
;; fire: #keep entry
;; fire: #note entry
;; expect record {"probe":"note","point":"entry","fields":{"n":2}}
;; expect record {"probe":"note","point":"entry","fields":{"n":3}}
;; expect record {"probe":"note","point":"entry","fields":{"n":4}}
;; expect record {"probe":"note","point":"entry","fields":{"n":5}}
;; expect record {"probe":"note","point":"entry","fields":{"n":6}}
;; expect record {"probe":"note","point":"entry","fields":{"n":6}}
;; expect aggregation {"name":"answers","kind":"count","key":[0],"value":16}
;; expect aggregation {"name":"answers","kind":"count","key":[-1],"value":4}
;; expect summary {"probe":"drop","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"hold","firings":4,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"keep","firings":4,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"note","firings":11,"rejected":0,"records":6,"faults":{},"drops":{"undecided":3,"forgotten":2}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "speculate" (func $speculate (result i32)))
  (import "probe1" "commit" (func $commit (result i32)))
  (import "probe1" "forget" (func $forget (result i32)))
  (import "probe1" "int_new" (func $int (param i64) (result i64)))
  (import "probe1.count" "answers" (func $answered (param i64)))
  (import "probe1.field" "n" (func $n (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $tell (param $status i32) (call $answered (call $int (i64.extend_i32_s (local.get $status)))))
  (func (export "fn:shop.cart.*:entry#hold") (call $tell (call $speculate)))
  (func (export "fn:shop.cart.*:entry#keep") (call $tell (call $commit)))
  (func (export "fn:shop.cart.*:entry#drop") (call $tell (call $forget)))
  (func (export "fn:shop.cart.*:entry#note") (call $n (call $arg (i32.const 0))) (call $tell (call $emit))))
