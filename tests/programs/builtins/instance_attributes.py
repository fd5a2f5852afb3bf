# Attributes of instances: inline values, `__dict__` made late, shared, replaced, deleted, and odd keys.
# suite: stress=97

def show(*values): print(*values)


def attempt(f):
    """Prints what f() answers, or what it raises."""
    try: answer = repr(f())
    except BaseException as e: answer = type(e).__name__ + ': ' + str(e)
    print(answer)


class C:
    def __init__(s, a): s.a=a; s.b=a+1
    def m(s): s.late=1
c=C(1)
attempt(lambda: (c.a,c.b,c.__dict__))
c.x=5; attempt(lambda: c.__dict__); del c.a; attempt(lambda: c.__dict__); c.a=7; attempt(lambda: (c.__dict__, vars(c) is c.__dict__))
d=c.__dict__; d['new']=1; attempt(lambda: c.new); d.update(zz=3); attempt(lambda: (c.zz, list(d))); del d['b']; attempt(lambda: c.b)
attempt(lambda: delattr(c,'nope')); attempt(lambda: c.nope)
d.clear(); attempt(lambda: c.a); c.q=1; attempt(lambda: (d, c.q))
for i in range(50): setattr(c, 'attr%d'%i, i)
attempt(lambda: (len(d), c.attr49, c.q, d['attr3'])); c.attr3='x'; attempt(lambda: d['attr3'])
c2=C(1); attempt(lambda: c2.__dict__)
for i in range(50): setattr(c2, 'battr%d'%i, i)
attempt(lambda: (len(c2.__dict__), c2.battr49))
c3=C(3); c3.__dict__={'own':1}; attempt(lambda: (c3.own, c3.__dict__)); attempt(lambda: c3.a); c3.z=1; attempt(lambda: c3.__dict__)
c4=C(4); d4=c4.__dict__; c4.__dict__={}; attempt(lambda: (d4, c4.__dict__)); c4.y=1; attempt(lambda: (d4, c4.__dict__))
c5=C(5); 
def f(): del c5.__dict__; return c5.__dict__
attempt(f); c5.k=1; attempt(lambda: c5.__dict__)
def f(): c5.__dict__=1
attempt(f)
d6=C(6).__dict__; attempt(lambda: d6); d6['n']=1; attempt(lambda: d6)
a=C(1); b=C(2); a.__dict__=b.__dict__; a.shared=1; attempt(lambda: (b.shared, a.a)); del b; a.more=2; attempt(lambda: a.__dict__)
class E(C): pass
e=C(1); e.extra=2; e.__class__=E; attempt(lambda: (e.a,e.extra,type(e).__name__,e.__dict__)); e.post=1; attempt(lambda: e.__dict__)
class P:
    __slots__=('s','__dict__')
x=P(); x.s=1; x.d=2; attempt(lambda: (x.s,x.d,x.__dict__)); attempt(lambda: P().s)
class L(list): pass
l=L([1]); l.a=1; attempt(lambda: (l,l.a,l.__dict__)); 
class T(tuple): pass
l=T([1]); l.a=1; attempt(lambda: (l,l.a,l.__dict__)); 
class I(int): pass
l=I(5); l.a=1; attempt(lambda: (l,l.a,l.__dict__)); 
class D(dict): pass
l=D(); l.a=1; l['b']=2; attempt(lambda: (l,l.a,l.__dict__))
class SS(str): pass
o=C(1); setattr(o, SS('weird'), 1); attempt(lambda: (o.weird, o.__dict__, getattr(o, SS('a'))))
o.__dict__[SS('w2')]=3; attempt(lambda: o.w2); o.__dict__[5]=6; attempt(lambda: o.__dict__)
class B:
    def __hash__(s): return hash('a')
    def __eq__(s,o): raise ValueError('x')
o=C(1); o.__dict__={B():1}; attempt(lambda: o.a)
# iteration order and mutation
o=C(1); o.z=1; del o.a; o.a=9; attempt(lambda: list(o.__dict__)); attempt(lambda: list(reversed(o.__dict__))); attempt(lambda: o.__dict__.popitem()); attempt(lambda: o.__dict__); o.n=1; attempt(lambda: (o.__dict__, o.n))
def f():
    o=C(1)
    for k in o.__dict__: o.w=1
attempt(f)
attempt(lambda: C(1).__dict__.copy()); attempt(lambda: C(1).__dict__ | {'q':1}); attempt(lambda: {**C(1).__dict__}); attempt(lambda: C(1).__dict__=={'a':1,'b':2}); attempt(lambda: C(1).__dict__.setdefault('a',5)); attempt(lambda: C(1).__dict__.setdefault('aa',5)); attempt(lambda: C(1).__dict__.pop('a')); attempt(lambda: 'a' in C(1).__dict__); attempt(lambda: dict.fromkeys(C(1).__dict__))
attempt(lambda: C(1).__dict__.__sizeof__())
