"""Which of CPython's test modules judge, and in which rules of rewriting each must notice a lack.

In: nothing. Out: lists of names. Never here: a module that is left out for anything but instructions that differ.
`test_dis`, `test_peepholer` and `test_compile` compare the instructions of functions, of which a probe is some; others
that are missing need a network, a screen or a compiler, have no Python code to probe, or take many minutes.
"""

from __future__ import annotations

# Quick, and of every kind that rewriting has rules for: what `make test` runs.
TEN = [
    "test_generators", "test_yield_from", "test_coroutines", "test_contextlib", "test_exceptions", "test_scope",
    "test_super", "test_extcall", "test_property", "test_sys_setprofile",
]  # fmt: skip
# What looks at frames, code, calls and exceptions most closely.
CLOSE = [
    "test_generator_stop", "test_asyncgen", "test_asyncio", "test_contextlib_async", "test_except_star",
    "test_traceback", "test_sys_settrace", "test_monitoring", "test_bdb", "test_pdb", "test_trace", "test_inspect",
    "test_functools", "test_descr", "test_call", "test_frame", "test_gc", "test_weakref", "test_threading",
    "test_concurrent_futures", "test_dataclasses", "test_typing", "test_enum", "test_json", "test_pickle", "test_re",
    "test_unittest", "test_logging",
]  # fmt: skip
LANGUAGE = [
    "test_augassign", "test_binop", "test_bool", "test_builtin", "test_class", "test_code", "test_compare",
    "test_complex", "test_contains", "test_context", "test_decorators", "test_defaultdict",
    "test_deque", "test_dict", "test_dictcomps", "test_enumerate", "test_exception_group",
    "test_exception_hierarchy", "test_exception_variations", "test_fstring", "test_funcattrs", "test_future_stmt",
    "test_genericalias", "test_genexps", "test_global", "test_grammar", "test_int", "test_isinstance", "test_iter",
    "test_keywordonlyarg", "test_list", "test_listcomps", "test_metaclass", "test_module", "test_named_expressions",
    "test_opcache", "test_ordered_dict", "test_patma", "test_pep646_syntax",
    "test_positional_only_arg", "test_profile", "test_cprofile", "test_raise", "test_range", "test_richcmp", "test_set",
    "test_setcomps", "test_slice", "test_sort", "test_subclassinit", "test_syntax", "test_threading_local",
    "test_tuple", "test_type_params", "test_types", "test_unary", "test_unpack", "test_unpack_ex", "test_warnings",
    "test_weakset", "test_with",
]  # fmt: skip
LIBRARY = [
    "test_abc", "test_argparse", "test_ast", "test_base64", "test_bisect", "test_calendar", "test_cmd",
    "test_code_module", "test_codecs", "test_collections", "test_colorsys", "test_configparser", "test_copy",
    "test_copyreg", "test_csv", "test_difflib", "test_doctest", "test_email", "test_filecmp", "test_fileinput",
    "test_fnmatch", "test_fractions", "test_ftplib", "test_genericpath", "test_getopt", "test_gettext", "test_glob",
    "test_graphlib", "test_gzip", "test_hashlib", "test_heapq", "test_hmac", "test_html", "test_htmlparser",
    "test_http_cookiejar", "test_http_cookies", "test_httplib", "test_httpservers", "test_imaplib", "test_importlib",
    "test_ipaddress", "test_linecache", "test_mailbox", "test_mimetypes", "test_minidom", "test_modulefinder",
    "test_netrc", "test_ntpath", "test_numeric_tower", "test_operator", "test_optparse", "test_os", "test_pathlib",
    "test_pickletools", "test_pkgutil", "test_plistlib", "test_poplib", "test_posixpath", "test_pprint", "test_pstats",
    "test_pulldom", "test_pyclbr", "test_queue", "test_quopri", "test_random", "test_reprlib", "test_rlcompleter",
    "test_robotparser", "test_runpy", "test_sax", "test_sched", "test_secrets", "test_selectors", "test_shelve",
    "test_shlex", "test_shutil", "test_smtplib", "test_socketserver", "test_sqlite3", "test_string", "test_strptime",
    "test_symtable", "test_tabnanny", "test_tempfile", "test_textwrap", "test_timeit", "test_tokenize", "test_tomllib",
    "test_urllib", "test_urllib2", "test_urlparse", "test_userdict", "test_userlist", "test_userstring", "test_uuid",
    "test_wave", "test_wsgiref", "test_xml_etree", "test_xmlrpc", "test_zipapp", "test_zipimport", "test_zoneinfo",
]  # fmt: skip
MODULES = [*TEN, *CLOSE, *LANGUAGE, *LIBRARY]
# Each rule of rewriting, and modules that show that it is missing.
PROOFS = {
    "jump": ["test_generators", "test_exceptions"],
    "location": ["test_sys_settrace"],
    "depth": ["test_exceptions"],
    "generator": ["test_generators"],
    "clip": ["test_sys_settrace"],
}
