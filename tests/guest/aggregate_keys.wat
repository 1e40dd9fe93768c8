;; A key is its value, kind included; what has no value of its own keys by its type; an error keys as one; None is no key.
;; frame: {"args":[1]}
;; fire: entry
;; frame: {"args":[true]}
;; fire: entry
;; frame: {"args":[1.0]}
;; fire: entry
;; frame: {"args":["1"]}
;; fire: entry
;; frame: {"args":[null]}
;; fire: entry
;; frame: {"args":[{"$bytes":"1"}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[1,"a"]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[1,"a"]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[null]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[{"$tuple":[1]},[2]]}]}
;; fire: entry
;; frame: {"args":[{"$float":"nan"}]}
;; fire: entry
;; frame: {"args":[{"$float":"nan"}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[{"$float":"nan"}]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[{"$float":"-nan"}]}]}
;; fire: entry
;; frame: {"args":[-0.0]}
;; fire: entry
;; frame: {"args":[0.0]}
;; fire: entry
;; frame: {"args":[{"$int":"9223372036854775808"}]}
;; fire: entry
;; frame: {"args":[140737488355328]}
;; fire: entry
;; frame: {"args":[140737488355328]}
;; fire: entry
;; frame: {"args":[[1]]}
;; fire: entry
;; frame: {"args":[[2]]}
;; fire: entry
;; frame: {"args":[{"a":1}]}
;; fire: entry
;; frame: {"args":[{"$set":[1]}]}
;; fire: entry
;; frame: {"args":[{"$object":"shop.Cart","n":1}]}
;; fire: entry
;; frame: {"args":[{"$object":"shop.Cart","n":2}]}
;; fire: entry
;; frame: {"args":[{"$exception":"ValueError","args":{"$tuple":["a"]}}]}
;; fire: entry
;; frame: {"args":[{"$named":["type","shop.Cart"]}]}
;; fire: entry
;; frame: {"args":[{"$repeat":["long",300]}]}
;; fire: entry
;; frame: {"args":[{"$repeat":["long",300]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[{"$repeat":["x",600]},{"$repeat":["y",600]}]}]}
;; fire: entry
;; frame: {"args":[{"$tuple":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}]}
;; fire: entry
;; frame: {}
;; fire: entry
;; expect aggregation {"name":"by arg0","kind":"count","key":[],"value":2}
;; expect aggregation {"name":"by arg0","kind":"count","key":[null],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[true],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[140737488355328],"value":2}
;; expect aggregation {"name":"by arg0","kind":"count","key":[1],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[1,"a"],"value":2}
;; expect aggregation {"name":"by arg0","kind":"count","key":[0.0],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[-0.0],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[1.0],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$float":"nan"}],"value":4}
;; expect aggregation {"name":"by arg0","kind":"count","key":["1"],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",{"$truncated":"budget","total":600,"value":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$bytes":"MQ=="}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"list"}],"value":2}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"tuple"},{"$type":"list"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"dict"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"set"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"ValueError"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"shop.Cart"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$type":"shop.Cart"}],"value":2}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$error":"ABSENT"}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$truncated":"items","total":101,"value":{"$tuple":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}}],"value":1}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$truncated":"budget","total":1200,"value":"longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglo"}],"value":2}
;; expect aggregation {"name":"by arg0","kind":"count","key":[{"$int":"9223372036854775808"}],"value":1}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":33,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.count" "by arg0" (func $count (param i64)))
  (func (export "fn:shop.cart.*:entry") (call $count (call $arg0))))
