# Dicts, their views and sets against CPython: messages, methods, order of comparisons, keys that change the dict.
# suite: stress=997

def show(*values): print(*values)


def attempt(f):
    """Prints what f() answers, or what it raises."""
    try: answer = repr(f())
    except BaseException as e: answer = type(e).__name__ + ': ' + str(e)
    print(answer)


attempt(lambda: {[]:1})
attempt(lambda: {}[[]])
attempt(lambda: {}.get([]))
attempt(lambda: {[]})
attempt(lambda: [] in set())
attempt(lambda: set([[]]))
attempt(lambda: set().discard([]))
attempt(lambda: set().discard({}))
attempt(lambda: [] in {}.keys())
attempt(lambda: {1:1}.pop([]))
attempt(lambda: {}.setdefault([]))
attempt(lambda: dict(1))
attempt(lambda: dict([1]))
attempt(lambda: dict([(1,2,3)]))
attempt(lambda: dict(1,2))
attempt(lambda: {}.update(1,2))
attempt(lambda: {}.update(1))
attempt(lambda: {}.get())
attempt(lambda: {}.get(1,2,3))
attempt(lambda: {}.pop())
attempt(lambda: {}.popitem())
attempt(lambda: {}.fromkeys())
attempt(lambda: dict.fromkeys(1))
attempt(lambda: set(1))
attempt(lambda: set(1,2))
attempt(lambda: set(a=1))
attempt(lambda: frozenset(a=1))
attempt(lambda: frozenset(1,2))
attempt(lambda: {1}|[1])
attempt(lambda: {1}<[1])
attempt(lambda: {1}.remove(2))
attempt(lambda: set().pop())
attempt(lambda: {1}.union(1))
attempt(lambda: hash(set()))
attempt(lambda: hash({}))
attempt(lambda: {}|1)
attempt(lambda: {}.__init__(1,2))
attempt(lambda: set().__init__(1,2))
attempt(lambda: dict(**{1:2}))
attempt(lambda: {}.update(**{1:2}))
attempt(lambda: dict.__or__({},1))
attempt(lambda: {}.keys()|1)
attempt(lambda: {}.keys()-1)
attempt(lambda: {1:2}.keys()<1)
attempt(lambda: {1:2}.items()&[(1,2)])
attempt(lambda: {1:[]}.items()&[(1,2)])
attempt(lambda: hash({1:[]}.items()))
attempt(lambda: {1:[]}.items().mapping)
attempt(lambda: type(iter({}))())
attempt(lambda: type({}.keys())())
attempt(lambda: type({}.keys())({}))
attempt(lambda: iter({1:2}).__reduce__())
attempt(lambda: reversed({1:2}).__reduce__())
attempt(lambda: iter({1:2}).__length_hint__())
attempt(lambda: dir(iter({})))
attempt(lambda: dir({}.keys()))
attempt(lambda: dir({}.values()))
attempt(lambda: dir({}))
attempt(lambda: dir(set()))
attempt(lambda: dir(frozenset()))
attempt(lambda: iter({1}).__reduce__())
attempt(lambda: {1}.__reduce__())
attempt(lambda: dir(iter(set())))
attempt(lambda: {}.__sizeof__())
attempt(lambda: {1:2}.__sizeof__())
attempt(lambda: set().__sizeof__())
attempt(lambda: set(range(100)).__sizeof__())
for c in (dict, set, frozenset, type({}.keys()), type({}.items()), type({}.values()), type(iter({})), type(reversed({})), type(iter(set()))):
    for n in sorted(c.__dict__):
        if n != '__doc__': show(c, n, type(c.__dict__[n]).__name__, getattr(c.__dict__[n],'__text_signature__',None))
# dict behaviour
class D(dict):
    def __missing__(self, k): return ('miss', k)
attempt(lambda: D()[1]); attempt(lambda: D(a=1)); attempt(lambda: D(a=1).copy().__class__); attempt(lambda: type(D(a=1)|{})); attempt(lambda: D.fromkeys('ab'))
def mut():
    d={1:1,2:2}
    for k in d: d[k+10]=1
attempt(mut)
def mut():
    d={1:1,2:2}
    for k in d: del d[k]; d[k+10]=1
attempt(mut)
def mut():
    d=dict.fromkeys(range(5)); r=[]
    for k in d:
        r.append(k)
        if k==0:
            del d[1]; d[9]=1
    return r
attempt(mut)
def mut():
    d=dict.fromkeys(range(5)); it=iter(d.items()); next(it); d.clear(); d.update(dict.fromkeys(range(5))); return list(it)
attempt(mut)
def mut():
    d={1:1,2:2}; it=iter(d); next(it); d[3]=1
    r=[]
    for i in range(2):
        try: r.append(next(it))
        except RuntimeError as e: r.append(str(e))
    del d[3]
    try: r.append(next(it))
    except RuntimeError as e: r.append(str(e))
    return r
attempt(mut)
class Bad:
    def __init__(s,h,eq): s.h=h; s.eq=eq
    def __hash__(s): return s.h
    def __eq__(s,o): return s.eq(s,o)
    def __repr__(s): return 'Bad'
log=[]
def order():
    log=[]
    class K:
        def __init__(s,n,h): s.n=n; s.h=h
        def __hash__(s): return s.h
        def __eq__(s,o): log.append((s.n,o.n)); return s is o
    d={}
    for i,h in enumerate([0,8,16,0,8,3,3,11,19,0,1,9,17,2**40,2**40+8,0]):
        d[K(i,h)]=i
    for i,h in enumerate([0,8,16,3,7,2**40]):
        d.get(K(100+i,h))
    s=set()
    for i,h in enumerate([0,8,16,0,8,3,3,11,19,0,1,9,17,2**40,2**40+8,0]):
        s.add(K(i,h))
    log.append([k.n for k in s])
    for i,h in enumerate([0,8,16,3,7,2**40]):
        K(100+i,h) in s
    return log
attempt(order)
def evil():
    d={}
    class K:
        def __hash__(s): return 5
        def __eq__(s,o):
            d.clear(); d[1]=1
            return False
    d[K()]=1
    d[K()]=2
    return len(d), sorted(type(k).__name__ for k in d)
attempt(evil)
def evil2():
    d={'a':1,'b':2}
    class S(str):
        def __hash__(s): return hash('a')
        def __eq__(s,o): d.clear(); return False
    r=d.get(S('zz'),'none')
    return r, d
attempt(evil2)
def evil3():
    d={'a':1}
    class S:
        def __hash__(s): return hash('a')
        def __eq__(s,o): d.clear(); return True
    d[S()]=5
    return [type(k).__name__ for k in d], len(d)
attempt(evil3)
def evil4():
    s=set()
    class K:
        def __hash__(s): return 5
        def __eq__(self,o):
            s.clear(); return False
    s.add(K()); s.add(K()); return len(s)
attempt(evil4)
def raising():
    class K:
        def __hash__(s): return 5
        def __eq__(self,o): raise ValueError('eq')
    d={K():1}
    r=[]
    for f in (lambda: d[K()], lambda: d.get(K()), lambda: d.__setitem__(K(),1), lambda: K() in d, lambda: d.pop(K()), lambda: d.setdefault(K(),1), lambda: d.__delitem__(K()), lambda: {K()}.add(K()), lambda: K() in {K()}, lambda: d=={K():1}):
        try: f(); r.append('ok')
        except ValueError as e: r.append(str(e))
    return r
attempt(raising)
attempt(lambda: (lambda d: (d.popitem(), d.popitem(), d))({1:2,3:4,5:6}))
attempt(lambda: {**{'a':1}, 'b':2, **{'a':3}})
attempt(lambda: (lambda **k: k)(**{'a':1}, **{'b':2}))
attempt(lambda: (lambda **k: k)(**{'a':1}, **{'a':2}))
attempt(lambda: {1:2}=={1:2.0}); attempt(lambda: {1:2}!={1:3}); attempt(lambda: {1:2}<{1:3}); attempt(lambda: {1:float('nan')}=={1:float('nan')})
nan=float('nan')
attempt(lambda: {1:nan}=={1:nan}); attempt(lambda: {nan:1}=={nan:1})
attempt(lambda: {'a':1,2:3}|{'b':2}); 
def ior():
    d={'a':1}; d|=[('x',1)]; return d
attempt(ior)
def ior():
    d={'a':1}; d|=1; return d
attempt(ior)
rec={}; rec['x']=rec; attempt(lambda: rec); attempt(lambda: rec.values()); attempt(lambda: rec.items())
attempt(lambda: dict([('a',1)],b=2)); attempt(lambda: dict({'a':1},a=2)); attempt(lambda: dict(zip('abc',range(3)))); 
class M:
    def keys(s): return ['x','y']
    def __getitem__(s,k): return k*2
attempt(lambda: dict(M())); attempt(lambda: {**M()}); attempt(lambda: dict(M(),x=1))
class M2:
    def keys(s): return 5
attempt(lambda: dict(M2()))
attempt(lambda: list(reversed({1:2,3:4}))); attempt(lambda: list(reversed({1:2,3:4}.items()))); attempt(lambda: list(reversed({1:2,3:4}.values())))
attempt(lambda: dict.fromkeys({1,2,3},0)); attempt(lambda: dict.fromkeys({'a':1},0)); attempt(lambda: dict.fromkeys(iter('ab')))
attempt(lambda: {}.keys() == set()); attempt(lambda: {1:1}.keys() <= {1,2}); attempt(lambda: {1:1}.keys() | [5]); attempt(lambda: {1:1,2:2}.keys() & {2:1}.keys()); attempt(lambda: {1:1,2:2}.keys() ^ [2,3]); attempt(lambda: {1:1,2:2}.items() - {(1,1)}); attempt(lambda: {1:1}.items() ^ {1:2}.items()); attempt(lambda: [1]|{2:2}.keys()); attempt(lambda: {1:1}.keys().isdisjoint([2])); attempt(lambda: {1:1}.keys().isdisjoint({1})); attempt(lambda: (1,1) in {1:1}.items()); attempt(lambda: 1 in {1:1}.items()); attempt(lambda: 5 in {1:5}.values()); attempt(lambda: {1:5}.values()=={1:5}.values())
attempt(lambda: {1:1}.keys().mapping[1]); attempt(lambda: {1:1}.keys().mapping.__class__)
attempt(lambda: dict[int,str]); attempt(lambda: set[int]); attempt(lambda: frozenset[int])
big={}
for i in range(3000): big[str(i)]=i
attempt(lambda: (len(big), big['2999'], big.__sizeof__()))
for i in range(0,3000,3): del big[str(i)]
attempt(lambda: (len(big), list(big)[:4], big.__sizeof__()))
big['x']=1
attempt(lambda: (len(big), list(big)[-2:], big.__sizeof__()))
big[5]=6
attempt(lambda: (len(big), list(big)[-2:], big.__sizeof__(), big.get('7'), big[5]))
attempt(lambda: big.copy().__sizeof__()); attempt(lambda: big.copy()==big)
# sets
class S(set): pass
class F(frozenset): pass
s=S([1,2]); f=F([1,2])
for n in 'copy union difference intersection'.split():
    show(n, type(getattr(s,n)()).__name__, type(getattr(f,n)()).__name__, type(getattr(s,n)(*([[1]] if n!='copy' else []))).__name__)
show(type(s.symmetric_difference([1])), type(s|{1}), type(s&{1}), type(s-{1}), type(s^{1}), type(f|{1}), type(f&f), type(s&s), type({1}|f), type(frozenset()|{1}))
f=frozenset([1]); show(f.union() is f, f.copy() is f, frozenset(f) is f, f|f is f, f&f is f, f.difference() is f,f.intersection() is f)
show(repr(s), repr(S()), repr(F([1])), repr(frozenset()), repr(set()))
attempt(lambda: {frozenset([1])}.__contains__({1}))
attempt(lambda: {1}.remove({2}))
attempt(lambda: {1}.remove([2]))
attempt(lambda: S(a=1))
class S2(set):
    def __init__(self, *a, **k): pass
attempt(lambda: S2(a=1))
class F2(frozenset):
    def __init__(self, *a, **k): pass
attempt(lambda: F2(a=1))
attempt(lambda: F(a=1))
attempt(lambda: F(1,2))
attempt(lambda: S(1,2))
attempt(lambda: {1}.isdisjoint(3))
attempt(lambda: {1}.issubset(3))
attempt(lambda: {1} <= 3)
def g():
    x={1}
    x|=[1]
attempt(g)
def g():
    x={1,2,3}
    for i in x: x.add(i+10)
attempt(g)
show(hash(frozenset()), hash(frozenset([1,2,3])), hash(frozenset(range(1000))))
s=set(range(10)); s.discard(3); show(list(s), s.__sizeof__())
seed=12345
def rnd(n):
    global seed
    seed=(seed*1103515245+12345)&0x7fffffff
    return (seed>>8)%n
x=set(); y=set(); d={}
for i in range(6000):
    k=rnd(5000)*[1,8,64,1000003][rnd(4)]
    op=rnd(10)
    if op<6: x.add(k); d[k]=i
    else: x.discard(k); d.pop(k,None)
    if op==9 and x: y.add(x.pop())
show(hash(tuple(x)), len(x), x.__sizeof__(), hash(tuple(y)), hash(tuple(d.items())), len(d), d.__sizeof__())
z=set(range(0,3000,7))
show(hash(tuple(x&z)), hash(tuple(x|z)), hash(tuple(x-z)), hash(tuple(x^z)), hash(tuple(z-x)), x>=x&z, x.isdisjoint(z-x), (x|z)>x, len(x^z))
show(hash(tuple(x.intersection(d))), hash(tuple(x.difference(d))), hash(tuple(x.symmetric_difference(d))), hash(tuple(x.union(d, z, [1,2,3]))))
x.intersection_update(z, d); show(len(x), hash(tuple(x)))
x.update(range(100)); x.difference_update(range(50),[60]); show(len(x), hash(tuple(x)), x.__sizeof__())
x.symmetric_difference_update(range(70,200)); show(hash(tuple(x)))
x&=z; show(hash(tuple(x))); x|=z; x-={0,7}; x^={1}; show(hash(tuple(x)))
attempt(lambda: sorted({3,1,2})); attempt(lambda: {1,2}=={2,1}); attempt(lambda: {1,2}!=frozenset([1,2])); attempt(lambda: {1}<{1,2}<={1,2}>{2}>=set()); attempt(lambda: {1}.issuperset([1])); attempt(lambda: {1,2}.issubset([1,2,3]))
attempt(lambda: set('hello')==set('olleh')); attempt(lambda: {1}.__rsub__({1,2})); attempt(lambda: {1}.__ror__([1])); attempt(lambda: set().__le__(1))
attempt(lambda: iter({1,2}).__length_hint__())
