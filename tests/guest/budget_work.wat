;; What costs more than it looks is paid for before it is done: each loop ends in a fault long before its last turn.
;; budget: fuel_per_fire=100000 value_str_bytes_max=1000
;; frame: {"args": [[{"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}, {"$repeat": ["a", 40]}], [{"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}], [{"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}], {"$int": "1267650600228229401496703205376"}, {"$int": "1267650600228229401496703205376"}, {"$range": 60000}, {"k": 1}, {"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}, {"$repeat": ["é", 1000]}, {"$repeat": ["é", 1000]}, {"$tuple": [{"$repeat": ["x", 1000]}, {"$repeat": ["x", 1000]}]}, [{"$range": 400}, {"$range": 400}], [{"$range": 400}, {"$range": 400}], {"$map": [[{"$int": "1267650600228229401496703205376"}, 1]]}], "kwargs": {"k0": 0, "k1": 1, "k2": 2, "k3": 3, "k4": 4, "k5": 5, "k6": 6, "k7": 7, "k8": 8, "k9": 9, "k10": 10, "k11": 11, "k12": 12, "k13": 13, "k14": 14, "k15": 15, "k16": 16, "k17": 17, "k18": 18, "k19": 19, "k20": 20, "k21": 21, "k22": 22, "k23": 23, "k24": 24, "k25": 25, "k26": 26, "k27": 27, "k28": 28, "k29": 29, "k30": 30, "k31": 31, "k32": 32, "k33": 33, "k34": 34, "k35": 35, "k36": 36, "k37": 37, "k38": 38, "k39": 39, "k40": 40, "k41": 41, "k42": 42, "k43": 43, "k44": 44, "k45": 45, "k46": 46, "k47": 47, "k48": 48, "k49": 49, "k50": 50, "k51": 51, "k52": 52, "k53": 53, "k54": 54, "k55": 55, "k56": 56, "k57": 57, "k58": 58, "k59": 59, "k60": 60, "k61": 61, "k62": 62, "k63": 63, "k64": 64, "k65": 65, "k66": 66, "k67": 67, "k68": 68, "k69": 69, "k70": 70, "k71": 71, "k72": 72, "k73": 73, "k74": 74, "k75": 75, "k76": 76, "k77": 77, "k78": 78, "k79": 79, "k80": 80, "k81": 81, "k82": 82, "k83": 83, "k84": 84, "k85": 85, "k86": 86, "k87": 87, "k88": 88, "k89": 89, "k90": 90, "k91": 91, "k92": 92, "k93": 93, "k94": 94, "k95": 95, "k96": 96, "k97": 97, "k98": 98, "k99": 99, "k100": 100, "k101": 101, "k102": 102, "k103": 103, "k104": 104, "k105": 105, "k106": 106, "k107": 107, "k108": 108, "k109": 109, "k110": 110, "k111": 111, "k112": 112, "k113": 113, "k114": 114, "k115": 115, "k116": 116, "k117": 117, "k118": 118, "k119": 119, "k120": 120, "k121": 121, "k122": 122, "k123": 123, "k124": 124, "k125": 125, "k126": 126, "k127": 127, "k128": 128, "k129": 129, "k130": 130, "k131": 131, "k132": 132, "k133": 133, "k134": 134, "k135": 135, "k136": 136, "k137": 137, "k138": 138, "k139": 139, "k140": 140, "k141": 141, "k142": 142, "k143": 143, "k144": 144, "k145": 145, "k146": 146, "k147": 147, "k148": 148, "k149": 149}}
;; request: begin
;; fire: #len_of_a_copy entry
;; fire: #sum_of_a_copy entry
;; fire: #eq_of_copies entry
;; fire: #cmp_of_copies entry
;; fire: #map.add_of_a_copy entry
;; fire: #req.add_of_a_copy entry
;; fire: #map.add_by_a_copy entry
;; fire: #item_of_a_copy entry
;; fire: #in_a_copy entry
;; fire: #eq_of_lists_of_text entry
;; fire: #cmp_of_lists_of_text entry
;; fire: #eq_of_text entry
;; fire: #eq_of_wide_text entry
;; fire: #eq_of_lists_of_lists entry
;; fire: #in_a_list_of_text entry
;; fire: #not_in_a_list entry
;; fire: #eq_of_big_ints entry
;; fire: #item_by_a_big_int entry
;; fire: #item_by_text entry
;; fire: #item_by_a_tuple entry
;; fire: #item_by_a_literal entry
;; fire: #len_of_a_literal entry
;; fire: #len_of_kwargs entry
;; fire: #item_of_kwargs entry
;; fire: #slice_of_a_list entry
;; fire: #far_entries entry
;; expect fault {"probe":"len_of_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"sum_of_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"eq_of_copies","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"cmp_of_copies","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"map.add_of_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"req.add_of_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"map.add_by_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"item_of_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"in_a_copy","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"eq_of_lists_of_text","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"cmp_of_lists_of_text","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"eq_of_text","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"eq_of_wide_text","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"eq_of_lists_of_lists","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"in_a_list_of_text","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"not_in_a_list","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"eq_of_big_ints","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"item_by_a_big_int","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"item_by_text","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"item_by_a_tuple","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"item_by_a_literal","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"len_of_a_literal","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"len_of_kwargs","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"item_of_kwargs","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"slice_of_a_list","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"far_entries","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"cmp_of_copies","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"cmp_of_lists_of_text","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"eq_of_big_ints","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"eq_of_copies","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"eq_of_lists_of_lists","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"eq_of_lists_of_text","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"eq_of_text","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"eq_of_wide_text","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"far_entries","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"in_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"in_a_list_of_text","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"item_by_a_big_int","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"item_by_a_literal","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"item_by_a_tuple","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"item_by_text","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"item_of_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"item_of_kwargs","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"len_of_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"len_of_a_literal","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"len_of_kwargs","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"map.add_by_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"map.add_of_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"not_in_a_list","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"req.add_of_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"slice_of_a_list","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"sum_of_a_copy","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1.str" "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" (func $literal (result i64)))
  (import "probe1.get" "kwargs" (func $kwargs (result i64)))
  (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
  (import "probe1.slot" "s" (func $slot (result i64)))
  (import "probe1.map.add" "m" (func $map (param i64 i64) (result i64)))
  (import "probe1.req.add" "r" (func $req (param i64) (result i64)))
  (import "probe1.count" "ended" (func $count (param i64)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1" "eq" (func $eq (param i64 i64) (result i32)))
  (import "probe1" "cmp" (func $cmp (param i64 i64) (result i32)))
  (import "probe1" "in" (func $in (param i64 i64) (result i32)))
  (import "probe1" "item" (func $item (param i64 i64) (result i64)))
  (import "probe1" "add" (func $add (param i64 i64) (result i64)))
  (import "probe1" "at" (func $at (param i64 i32) (result i64)))
  (import "probe1" "entry_key" (func $key (param i64 i32) (result i64)))
  (import "probe1" "slice" (func $slice (param i64 i32 i32) (result i64)))
  (func (export "fn:shop.cart.*:entry#len_of_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $len (local.get $v)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#sum_of_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $add (local.get $v) (i64.const 0xFFF9000000000001)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#eq_of_copies") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $eq (local.get $v) (local.get $v)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#cmp_of_copies") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $cmp (local.get $v) (local.get $v)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#map.add_of_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $map (i64.const 0xFFF9000000000000) (local.get $v)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#req.add_of_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $req (local.get $v)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#map.add_by_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $map (local.get $v) (i64.const 0xFFF9000000000001)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#item_of_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $at (local.get $v) (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#in_a_copy") (local $v i64) (local $n i32) (drop (call $set (call $arg (i32.const 0)))) (local.set $v (call $slot))
    (loop $again (drop (call $in (i64.const 0) (local.get $v)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#eq_of_lists_of_text") (local $v i64) (local $n i32)
    (loop $again (drop (call $eq (call $arg (i32.const 1)) (call $arg (i32.const 2))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#cmp_of_lists_of_text") (local $v i64) (local $n i32)
    (loop $again (drop (call $cmp (call $arg (i32.const 1)) (call $arg (i32.const 2))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#eq_of_text") (local $v i64) (local $n i32)
    (loop $again (drop (call $eq (call $arg (i32.const 7)) (call $arg (i32.const 8))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#eq_of_wide_text") (local $v i64) (local $n i32)
    (loop $again (drop (call $eq (call $arg (i32.const 9)) (call $arg (i32.const 10))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#eq_of_lists_of_lists") (local $v i64) (local $n i32)
    (loop $again (drop (call $eq (call $arg (i32.const 12)) (call $arg (i32.const 13))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#in_a_list_of_text") (local $v i64) (local $n i32)
    (loop $again (drop (call $in (call $arg (i32.const 8)) (call $arg (i32.const 1))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#not_in_a_list") (local $v i64) (local $n i32)
    (loop $again (drop (call $in (i64.const 0xFFF9FFFFFFFFFFFF) (call $arg (i32.const 5))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#eq_of_big_ints") (local $v i64) (local $n i32)
    (loop $again (drop (call $eq (call $arg (i32.const 3)) (call $arg (i32.const 4))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#item_by_a_big_int") (local $v i64) (local $n i32)
    (loop $again (drop (call $item (call $arg (i32.const 14)) (call $arg (i32.const 3))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#item_by_text") (local $v i64) (local $n i32)
    (loop $again (drop (call $item (call $arg (i32.const 6)) (call $arg (i32.const 7))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#item_by_a_tuple") (local $v i64) (local $n i32)
    (loop $again (drop (call $item (call $arg (i32.const 6)) (call $arg (i32.const 11))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#item_by_a_literal") (local $v i64) (local $n i32)
    (loop $again (drop (call $item (call $arg (i32.const 6)) (call $literal)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#len_of_a_literal") (local $v i64) (local $n i32)
    (loop $again (drop (call $len (call $literal)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#len_of_kwargs") (local $v i64) (local $n i32)
    (loop $again (drop (call $len (call $kwargs)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#item_of_kwargs") (local $v i64) (local $n i32)
    (loop $again (drop (call $item (call $kwargs) (call $literal)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#slice_of_a_list") (local $v i64) (local $n i32)
    (loop $again (drop (call $slice (call $arg (i32.const 5)) (i32.const 0) (i32.const 50000)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $count (i64.const 0xFFF9000000000000)))
  (func (export "fn:shop.cart.*:entry#far_entries") (local $v i64) (local $n i32)
    (loop $again (drop (call $key (call $arg (i32.const 5)) (i32.const 50000)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20))))
    (call $count (i64.const 0xFFF9000000000000))))
