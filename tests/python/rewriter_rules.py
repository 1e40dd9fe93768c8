"""The rewriting rules, executable: what the Rust rewriter is held against, over every function of the standard library.

In: a code object (CPython 3.11 to 3.15). Out: the same with hooks in it. Never here: speed, or a word of the Rust.

`instrument_subscr(code, probe)` is the shape that is built: probe[args] -> token behind RESUME 0, token[rv] -> rv before
each return, `del token[exc]` in an added handler, the token on the value stack below everything else.
`instrument(..., style="call")` is an older shape, of calls: it shows by contrast what the subscripts avoid.
"""
import sys, dis, opcode
from types import CodeType

V = sys.version_info[:2]
OP = dis.opmap
HAS_ARG = 90 if V < (3, 13) else None
_hasarg = set(dis.hasarg) if hasattr(dis, "hasarg") else None
JREL = frozenset(dis.hasjrel)
BACK = frozenset(op for name, op in OP.items()
                 if op in JREL and ("BACKWARD" in name or name == "END_ASYNC_FOR"))   # 3.14: END_ASYNC_FOR jumps

if V >= (3, 13):
    _c = opcode._inline_cache_entries
    CACHES = [0] * 256
    for name, n in _c.items():
        if OP.get(name, 999) < 256:
            CACHES[OP[name]] = n
else:
    CACHES = list(opcode._inline_cache_entries) + [0] * 256
    CACHES = CACHES[:256]

EXT = OP["EXTENDED_ARG"]
RESUME = OP["RESUME"]
RETURN_VALUE = OP["RETURN_VALUE"]
RETURN_CONST = OP.get("RETURN_CONST") if V in ((3, 12), (3, 13)) else None
YIELD_VALUE = OP["YIELD_VALUE"]
LOAD_CONST = OP["LOAD_CONST"]
LOAD_FAST = OP["LOAD_FAST"]
LOAD_DEREF = OP["LOAD_DEREF"]
PUSH_NULL = OP["PUSH_NULL"]
CALL = OP["CALL"]
PRECALL = OP.get("PRECALL")
COPY = OP["COPY"]
POP_TOP = OP["POP_TOP"]
RERAISE = OP["RERAISE"]
DEPTH1 = 4 if V < (3, 15) else 8
FUNC_FLAGS = 0x3  # CO_OPTIMIZED | CO_NEWLOCALS


class Unsupported(Exception):
    pass


# ---------------------------------------------------------------- tables ----
def parse_exc(tab):
    out = []
    i, n = 0, len(tab)

    def varint():
        nonlocal i
        b = tab[i]; i += 1
        v = b & 63
        while b & 64:
            b = tab[i]; i += 1
            v = (v << 6) | (b & 63)
        return v
    while i < n:
        s = varint(); l = varint(); t = varint(); d = varint()
        out.append((s, s + l, t, d >> 1, d & 1))
    return out


def _put(out, v, first=0):
    if v >= 1 << 24:
        out.append((v >> 24) & 63 | 64 | first); first = 0
        out.append((v >> 18) & 63 | 64); out.append((v >> 12) & 63 | 64); out.append((v >> 6) & 63 | 64)
    elif v >= 1 << 18:
        out.append((v >> 18) | 64 | first); first = 0
        out.append((v >> 12) & 63 | 64); out.append((v >> 6) & 63 | 64)
    elif v >= 1 << 12:
        out.append((v >> 12) | 64 | first); first = 0
        out.append((v >> 6) & 63 | 64)
    elif v >= 1 << 6:
        out.append((v >> 6) | 64 | first); first = 0
    out.append(v & 63 | first)


def build_exc(entries):
    out = bytearray()
    for s, e, t, d, l in entries:
        _put(out, s, 128); _put(out, e - s); _put(out, t); _put(out, (d << 1) | l)
    return bytes(out)


def parse_lines(tab, first):
    """-> list of (units, loc) ; loc = None | (line, endline|None, col|None, endcol|None)"""
    out = []
    i, n = 0, len(tab)
    line = first

    def varint():
        nonlocal i
        b = tab[i]; i += 1
        v = b & 63; sh = 0
        while b & 64:
            b = tab[i]; i += 1
            sh += 6
            v |= (b & 63) << sh
        return v
    while i < n:
        b = tab[i]; i += 1
        code = (b >> 3) & 15
        units = (b & 7) + 1
        if code == 15:
            out.append((units, None))
        elif code == 14:
            v = varint(); line += -(v >> 1) if v & 1 else v >> 1
            el = line + varint()
            c = varint(); ec = varint()
            out.append((units, (line, el, c - 1 if c else None, ec - 1 if ec else None)))
        elif code == 13:
            v = varint(); line += -(v >> 1) if v & 1 else v >> 1
            out.append((units, (line, None, None, None)))
        elif code >= 10:
            line += code - 10
            out.append((units, (line, line, tab[i], tab[i + 1]))); i += 2
        else:
            x = tab[i]; i += 1
            c = (code << 3) | (x >> 4)
            out.append((units, (line, line, c, c + (x & 15))))
    return out


def build_lines(runs, first):
    out = bytearray()

    def varint(v):
        while v >= 64:
            out.append(64 | v & 63); v >>= 6
        out.append(v)
    line = first
    for units, loc in runs:
        while units > 0:
            k = 8 if units > 8 else units
            units -= k
            if loc is None:
                out.append(128 | 15 << 3 | k - 1)
                continue
            ln, el, c, ec = loc
            d = ln - line
            line = ln
            if el is None:
                out.append(128 | 13 << 3 | k - 1)
                varint((-d << 1) | 1 if d < 0 else d << 1)
            elif el == ln and c is not None and ec is not None and d == 0 and c < 80 and 0 <= ec - c < 16:
                out.append(128 | (c >> 3) << 3 | k - 1)
                out.append((c & 7) << 4 | ec - c)
            elif el == ln and c is not None and ec is not None and 0 <= d < 3 and c < 128 and ec < 128:
                out.append(128 | (10 + d) << 3 | k - 1)
                out.append(c); out.append(ec)
            else:
                out.append(128 | 14 << 3 | k - 1)
                varint((-d << 1) | 1 if d < 0 else d << 1)
                varint(el - ln)
                varint(0 if c is None else c + 1)
                varint(0 if ec is None else ec + 1)
    return bytes(out)


# ------------------------------------------------------------- rewriting ----
class I:
    __slots__ = ("op", "arg", "ext", "tgt", "loc", "orig", "off")

    def __init__(self, op, arg=0, loc=None, ext=0, tgt=None, orig=-1):
        self.op = op; self.arg = arg; self.loc = loc; self.ext = ext
        self.tgt = tgt; self.orig = orig; self.off = 0


def _ext(arg):
    return 0 if arg < 256 else 1 if arg < 65536 else 2 if arg < 1 << 24 else 3


def decode(code):
    """-> (instrs, start_unit -> index).  Instr .tgt = target unit (of original)."""
    co = code.co_code
    n = len(co) // 2
    locs = []
    for units, loc in parse_lines(code.co_linetable, code.co_firstlineno):
        locs.extend((loc,) * units)
    if len(locs) < n:
        locs.extend((None,) * (n - len(locs)))
    instrs = []
    index = {}
    i = 0
    while i < n:
        start = i
        arg = 0; ext = 0
        op = co[2 * i]
        while op == EXT:
            arg = (arg | co[2 * i + 1]) << 8
            i += 1; ext += 1
            op = co[2 * i]
        arg |= co[2 * i + 1]
        nxt = i + 1 + CACHES[op]
        ins = I(op, arg, locs[start], ext, None, start)
        if op in JREL:
            ins.tgt = nxt - arg if op in BACK else nxt + arg
        index[start] = len(instrs)
        # a jump may target the instruction behind its EXTENDED_ARG prefix only
        # by way of the prefix; record the inner offset too, for safety
        instrs.append(ins)
        i = nxt
    index[n] = len(instrs)
    return instrs, index


NOP = OP["NOP"]


def exit_seq(loc):
    # 3.13+: an exception that leaves an *inlined Python callee* is looked up at
    # (start of CALL) - 1, i.e. in the range of the PREVIOUS instruction.  The
    # call must be preceded by an instruction with the same (non-)coverage.
    if V >= (3, 13):
        return [I(NOP, 0, loc), *call_seq(1, loc)]
    return call_seq(1, loc)


def call_seq(nargs, loc):
    if PRECALL is not None:
        return [I(PRECALL, nargs, loc), I(CALL, nargs, loc)]
    return [I(CALL, nargs, loc)]


def arg_loads(code, loc=None, want=None):
    """Loads of the wanted parameters, `want` being indices into co_varnames (None: all parameters)."""
    n = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    cells = set(code.co_cellvars)
    return [I(LOAD_DEREF if name in cells else LOAD_FAST, i, loc)
            for i, name in enumerate(code.co_varnames[:n]) if want is None or i in want]


SUBSCR = (OP["BINARY_SUBSCR"], 0) if "BINARY_SUBSCR" in OP else (OP["BINARY_OP"], 26)   # NB_SUBSCR
DELETE_SUBSCR = OP["DELETE_SUBSCR"]
BUILD_TUPLE = OP["BUILD_TUPLE"]


def instrument_subscr(code, probe, want=None, entry_loc=None):
    """probe[args] -> token ; token[rv] -> rv ; del token[exc].  `want`: which parameters, by index in co_varnames.

    Never a CALL: no eval-breaker check (no new place for an asynchronous
    exception), no c_call profile event, no monitoring CALL event, no recursion
    check, depth +1 only."""
    return instrument(code, probe, None, None, entry_loc, "subscr", want)


def instrument(code, entry, exit_, exc, entry_loc=None, style="call", want=None):
    sub = style == "subscr"
    only = style == "entry"
    base = 0 if only else 1 if sub else 2
    instrs, index = decode(code)
    # --- insertion point: right behind RESUME 0
    for k0, ins in enumerate(instrs):
        if ins.op == RESUME:
            if ins.arg & (3 if V < (3, 15) else 7):   # 3.15 generator expressions: RESUME 4, GET_ITER before
                raise Unsupported("first RESUME is not the function start")   # RETURN_GENERATOR, 2 items on the stack
            break
    else:
        raise Unsupported("no RESUME")
    body = k0 + 1
    consts = list(code.co_consts)
    c_entry = len(consts); consts.append(entry)
    if not sub:
        c_exit = len(consts); consts.append(exit_)
        c_exc = len(consts); consts.append(exc)

    out = []
    first_of = {}                    # original index -> first new instr for jumps
    for k in range(body):
        first_of[k] = instrs[k]
        out.append(instrs[k])
    # --- entry
    if entry_loc == "def":
        entry_loc = (code.co_firstlineno, None, None, None)
    loads = arg_loads(code, entry_loc, want)
    if sub:
        out.append(I(LOAD_CONST, c_entry, entry_loc))
        out.extend(loads)
        if len(loads) > 1:
            out.append(I(BUILD_TUPLE, len(loads), entry_loc))
        elif not loads:              # not BUILD_TUPLE 0: the compiler never emits it, 3.14 asserts on it
            out.append(I(LOAD_CONST, len(consts), entry_loc)); consts.append(())
        out.append(I(*SUBSCR, entry_loc))
    else:
        if not only:
            out.append(I(LOAD_CONST, c_exit, entry_loc))
        if V >= (3, 13):
            out.append(I(LOAD_CONST, c_entry, entry_loc)); out.append(I(PUSH_NULL, 0, entry_loc))
        else:
            out.append(I(PUSH_NULL, 0, entry_loc)); out.append(I(LOAD_CONST, c_entry, entry_loc))
        out.extend(loads)
        out.extend(call_seq(len(loads), entry_loc))
        if only:
            out.append(I(POP_TOP, 0, entry_loc))
    covered_from = len(out)
    # --- body
    nocover = set()                  # id of instrs that no handler may cover
    for k in range(body, len(instrs)):
        ins = instrs[k]
        op = ins.op
        if only:
            first_of[k] = ins
            out.append(ins)
            continue
        if op == RETURN_VALUE:
            seq = [I(*SUBSCR, ins.loc)] if sub else exit_seq(ins.loc)
            first_of[k] = seq[0]
            out.extend(seq); out.append(ins)
            nocover.update(map(id, seq)); nocover.add(id(ins))
            continue
        if op == RETURN_CONST:
            ld = I(LOAD_CONST, ins.arg, ins.loc, ins.ext, None, ins.orig)   # covered: a line begins here
            seq = [I(*SUBSCR, ins.loc)] if sub else exit_seq(ins.loc)
            rv = I(RETURN_VALUE, 0, ins.loc)
            first_of[k] = ld
            out.append(ld); out.extend(seq); out.append(rv)
            nocover.update(map(id, seq)); nocover.add(id(rv))
            continue
        if op == YIELD_VALUE and V == (3, 12):
            ins.arg += 1             # one more exception block around (gen.close shortcut)
        elif op == RESUME and V >= (3, 13):
            ins.arg &= ~DEPTH1       # RESUME_OPARG_DEPTH1_MASK: no longer depth 1
        first_of[k] = ins
        out.append(ins)
    # --- whole-body exception handler
    handler = [I(COPY, 3), I(COPY, 2), I(DELETE_SUBSCR), I(RERAISE, 1)] if sub else [I(LOAD_CONST, c_exc), I(COPY, 4), I(COPY, 3), *call_seq(1, None), I(POP_TOP), I(RERAISE, 1)]
    h0 = len(out)
    if not only:
        out.extend(handler)

    # --- layout to a fixpoint (sizes only grow)
    for ins in out:
        if ins.tgt is not None:
            ins.tgt = first_of[index[ins.tgt]]
        e = _ext(ins.arg)
        if e > ins.ext:
            ins.ext = e
    while True:
        off = 0
        for ins in out:
            ins.off = off
            off += ins.ext + 1 + CACHES[ins.op]
        grown = False
        for ins in out:
            if ins.tgt is not None:
                end = ins.off + ins.ext + 1 + CACHES[ins.op]
                d = end - ins.tgt.off if ins.op in BACK else ins.tgt.off - end
                if d < 0:
                    raise Unsupported("jump direction changed")
                ins.arg = d
                e = _ext(d)
                if e > ins.ext:
                    ins.ext = e; grown = True
        if not grown:
            break
    total = off

    # --- emit
    buf = bytearray()
    runs = []
    prev = 0
    for ins in out:
        a = ins.arg
        for j in range(ins.ext, 0, -1):
            buf.append(EXT); buf.append((a >> (8 * j)) & 255)
        buf.append(ins.op); buf.append(a & 255)
        c = CACHES[ins.op]
        if c:
            buf.extend(bytes(2 * c))
        size = ins.ext + 1 + c
        if runs and runs[-1][1] == ins.loc:
            runs[-1] = (runs[-1][0] + size, ins.loc)
        else:
            runs.append((size, ins.loc))

    # --- exception table: per new instr, owner entry
    old = parse_exc(code.co_exceptiontable)
    body_orig = instrs[body].orig if body < len(instrs) else len(code.co_code) // 2
    hoff = out[h0].off if not only else 0
    ents = []
    oi = 0
    for pos in range(covered_from, h0):
        ins = out[pos]
        if id(ins) in nocover:
            key = None
        else:
            o = ins.orig
            while oi < len(old) and old[oi][1] <= o:
                oi += 1
            if oi < len(old) and old[oi][0] <= o:
                s, e, t, d, l = old[oi]
                key = (first_of[index[t]].off, d + base, l)
            else:
                key = None if only else (hoff, base, 1)
        end = ins.off + ins.ext + 1 + CACHES[ins.op]
        if key is None:
            continue
        if ents and ents[-1][1] == ins.off and ents[-1][2:] == key:
            ents[-1] = (ents[-1][0], end) + key
        else:
            ents.append((ins.off, end) + key)
    stack = max(code.co_stacksize + base, 4 + len(loads), 8)
    return code.replace(co_code=bytes(buf), co_consts=tuple(consts),
                        co_stacksize=stack,
                        co_linetable=build_lines(runs, code.co_firstlineno),
                        co_exceptiontable=build_exc(ents))


def instrument_tree(code, entry, exit_, exc, stats=None):
    """Instrument every function code object nested in `code` (not module/class bodies)."""
    consts = tuple(instrument_tree(c, entry, exit_, exc, stats) if isinstance(c, CodeType) else c
                   for c in code.co_consts)
    if any(a is not b for a, b in zip(consts, code.co_consts)):
        code = code.replace(co_consts=consts)
    if code.co_flags & FUNC_FLAGS == FUNC_FLAGS:
        code = instrument(code, entry, exit_, exc)
    return code
