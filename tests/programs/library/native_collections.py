# The native half of collections: deque, defaultdict, OrderedDict, named-tuple getters, Counter's loop.
# suite: stress=97

def show(*values): print(*values)


def attempt(f):
    """Prints what f() answers, or what it raises."""
    try: answer = repr(f())
    except BaseException as e: answer = type(e).__name__ + ': ' + str(e)
    print(answer)


import _collections
deque=d=_collections.deque; D=_collections.defaultdict; O=_collections.OrderedDict; tg=_collections._tuplegetter
attempt(lambda: d(1)); attempt(lambda: d([1],2,3)); attempt(lambda: d(foo=1)); attempt(lambda: d([1],-1)); attempt(lambda: d([1],'a')); attempt(lambda: d(iterable=[1,2],maxlen=1)); attempt(lambda: d([1],maxlen=10**30))
attempt(lambda: d().pop()); attempt(lambda: d().popleft()); attempt(lambda: d([1])[5]); attempt(lambda: d([1]).index(4)); attempt(lambda: d([1]).remove(4)); attempt(lambda: d([1]).insert()); 
attempt(lambda: d([1],1).insert(0,2)); attempt(lambda: d([1])['a']); attempt(lambda: d([1])+[1]); attempt(lambda: d([1])*'a'); attempt(lambda: d([1],3)*2); attempt(lambda: d([1,2])*-1); attempt(lambda: d([1]).rotate('a')); attempt(lambda: d([1]).rotate(1,2))
attempt(lambda: repr(d([1],3))); attempt(lambda: d([1])<[1]); attempt(lambda: hash(d())); attempt(lambda: d([1,2]).index(2,'a')); attempt(lambda: d([1,2]).index()); attempt(lambda: d([1,2]).index(1,2,3,4))
attempt(lambda: list(type(iter(d()))(d([1,2,3]),1))); attempt(lambda: type(iter(d()))([1]))
x=d([1]); x.append(x); attempt(lambda: x)
def g():
    x=d([1,2])
    for i in x: x.append(1)
attempt(g)
def g():
    x=d([1,2]); x[5]=1
attempt(g)
def g():
    x=d([1,2]); del x[5]
attempt(g)
def g():
    x=d([1,2]); x.maxlen=3
attempt(g)
class E:
    def __eq__(s,o): y.clear(); return False
y=d([E(),1]); attempt(lambda: y.remove(3)); y=d([E(),1]); attempt(lambda: y.count(3)); y=d([E(),1]); attempt(lambda: y.index(3)); y=d([E(),1]); attempt(lambda: 3 in y)
q=d(range(10)); q.rotate(3); attempt(lambda: q); q.rotate(-5); attempt(lambda: q); q.appendleft('l'); q.append('r'); attempt(lambda: (q, q[0], q[-1], q[3], len(q))); q.insert(3,'ins'); q.insert(-2,'neg'); q.insert(100,'end'); q.insert(-100,'beg'); attempt(lambda: q); del q[2]; del q[-3]; attempt(lambda: q); q.reverse(); attempt(lambda: q); q.remove('ins'); attempt(lambda: q); q.extend('ab'); q.extendleft('cd'); attempt(lambda: q); attempt(lambda: (q.pop(), q.popleft())); q[1]='set'; attempt(lambda: (q, q.index('set'), q.count('a'), 'a' in q)); q.clear(); attempt(lambda: q)
q=d(maxlen=3)
for i in range(10): q.append(i)
attempt(lambda: q); q.appendleft('x'); attempt(lambda: q); q.extend(range(5)); attempt(lambda: q); q.extendleft(range(5)); attempt(lambda: q); q+=[1]; attempt(lambda: (q, q.maxlen, q.copy(), q.copy().maxlen)); attempt(lambda: q*2); q*=3; attempt(lambda: q); attempt(lambda: d([1,2])*3); attempt(lambda: d([1,2])+d([3])); attempt(lambda: d([1])==d([1])); attempt(lambda: d([1,2])<d([1,3])); attempt(lambda: d([1])!=d([1],3)); attempt(lambda: d([1,2])>d([1])); attempt(lambda: list(reversed(d('abc')))); q=d('ab'); q.extend(q); attempt(lambda: q); q.extendleft(q); attempt(lambda: q); attempt(lambda: d(maxlen=0).append(1)); q=d('abc',0); attempt(lambda: q)
q=d()
for i in range(1000): q.append(i)
for i in range(900): q.popleft()
for i in range(1000): q.appendleft(i)
attempt(lambda: (len(q), q[0], q[-1], sum(q))); it=iter(q); next(it); attempt(lambda: it.__length_hint__())
class Sub(d): pass
s=Sub([1,2],5); attempt(lambda: (s, s.copy(), s+d([1]), s*2, type(s.copy()))); s.attr=1; attempt(lambda: s.__dict__)
attempt(lambda: d([1]).__class_getitem__(int)); attempt(lambda: d[int]); attempt(lambda: d([3,1,2]).__reversed__().__length_hint__())
it=iter(d([1,2,3])); list(it); attempt(lambda: next(it,'done'))
attempt(lambda: D(1)); attempt(lambda: D(None,{1:2})); attempt(lambda: D()[1]); attempt(lambda: D(list,a=1)); attempt(lambda: D(list).copy()); attempt(lambda: D(list)|{1:2}); attempt(lambda: {1:2}|D(list)); attempt(lambda: D(list)|1); attempt(lambda: type({1:2}|D(int)))
dd=D(); dd.default_factory=lambda: dd; dd[1]; dd.default_factory=None; attempt(lambda: dd); dd=D(list); dd['a'].append(1); dd['b']; attempt(lambda: (dd, dd.get('z'), dd.pop('a'), len(dd))); attempt(lambda: D(list).default_factory); attempt(lambda: D(lambda: 1/0)[1]); dd|={'q':1}; attempt(lambda: dd)
class S(D):
    def __setitem__(s,k,v): show('set',k); super().__setitem__(k,v)
s=S(int); s[1]; attempt(lambda: s); attempt(lambda: s.copy().__class__)
dd=D(lambda: dd.__setitem__(1,'in') or 'out'); attempt(lambda: dd[1])
rec=D(list); rec['x']=rec; attempt(lambda: rec)
attempt(lambda: tg(0,'doc')); attempt(lambda: tg()); attempt(lambda: tg(0,'a').__reduce__()); attempt(lambda: tg('x','a'))
class T(tuple): a=tg(0,'doc'); b=tg(5,'x')
attempt(lambda: T((1,2)).a); attempt(lambda: T((1,)).b); attempt(lambda: tg(0,'d').__get__(3,int)); attempt(lambda: tg(0,'d').__get__(None,int)); attempt(lambda: tg(0,'d').__doc__)
def g(): x=T((1,)); x.a=3
attempt(g)
def g(): x=T((1,)); del x.a
attempt(g)
m={}; attempt(lambda: _collections._count_elements(m, 'abracadabra')); attempt(lambda: m); attempt(lambda: _collections._count_elements(1, [1])); attempt(lambda: _collections._count_elements({})); 
class CM(dict):
    def get(s,k,d=None): return super().get(k,d)
cm=CM(); _collections._count_elements(cm,'aab'); attempt(lambda: cm); attempt(lambda: _collections._count_elements({},[[]]))
# OrderedDict
attempt(lambda: O(a=1)); attempt(lambda: O([(1,2)],b=3)); attempt(lambda: O(1,2)); attempt(lambda: O().popitem()); attempt(lambda: O(a=1,b=2).popitem(False)); attempt(lambda: O(a=1).pop('x')); attempt(lambda: O(a=1).move_to_end('z'))
attempt(lambda: O(a=1)|{1:2}); attempt(lambda: {1:2}|O(a=1)); attempt(lambda: O(a=1,b=2)==O(b=2,a=1)); attempt(lambda: O(a=1,b=2)=={'b':2,'a':1}); attempt(lambda: O(a=1).__eq__(1)); attempt(lambda: O(a=1)<O())
attempt(lambda: O.fromkeys('abc',1)); attempt(lambda: O(a=1).setdefault('b')); attempt(lambda: O(a=1).keys()); attempt(lambda: O(a=1).items()); attempt(lambda: O(a=1).values()); attempt(lambda: iter(O(a=1)).__reduce__()); attempt(lambda: O(a=1).pop()); attempt(lambda: O(a=1).update(1,2)); attempt(lambda: O(a=1).popitem(1,2)); attempt(lambda: O(a=1).move_to_end())
def g():
    o=O(a=1,b=2)
    for k in o: o['c'+k]=1
attempt(g)
def g():
    o=O(a=1,b=2)
    for k in o: del o[k]; o[k]=1
attempt(g)
def g():
    o=O(a=1,b=2)
    for k in o: o.move_to_end(k)
attempt(g)
def g():
    o=O(a=1,b=2); it=iter(o); next(it); o.clear(); next(it)
attempt(g)
def g():
    o=O(a=1,b=2); it=iter(o); next(it); dict.__delitem__(o,'b'); return list(it)
attempt(g)
o=O(); o['x']=o; attempt(lambda: o)
o=O(); o.x=1; attempt(lambda: o.__dict__)
class S(O):
    def __missing__(s,k): return 'miss'
attempt(lambda: S().pop('x')); attempt(lambda: S()['x']); attempt(lambda: S(a=1)); attempt(lambda: S(a=1).copy()); attempt(lambda: S().setdefault('x',1)); attempt(lambda: S()|{})
o=O((i,i*i) for i in range(20)); o.move_to_end(5); o.move_to_end(7,False); o.move_to_end(7,last=False); attempt(lambda: list(o)); attempt(lambda: list(reversed(o))); attempt(lambda: list(reversed(o.items()))[:3]); attempt(lambda: (o.popitem(), o.popitem(last=False), o.popitem(False), len(o), list(o)[:3]))
for i in range(3000): o[i+100]=i; (o.popitem(False) if i%2 else None)
attempt(lambda: (len(o), list(o)[:3], list(o)[-2:])); 
while o: o.popitem(False)
attempt(lambda: o); o[1]=1; attempt(lambda: o); attempt(lambda: o.move_to_end(1)); attempt(lambda: O(a=1,b=2).copy()); attempt(lambda: type(O().copy())); attempt(lambda: O({'a':1}.items())); attempt(lambda: O([1])); attempt(lambda: O([(1,2,3)])); attempt(lambda: O([(1,)])); attempt(lambda: O(x=1).keys()&{'x'}); attempt(lambda: O(x=1).items()=={('x',1)}); o|={'z':1}; attempt(lambda: o); attempt(lambda: O(a=1).get('a')); attempt(lambda: 'a' in O(a=1)); attempt(lambda: del_(O(a=1)))
def g(): o=O(a=1); del o['zz']
attempt(g); attempt(lambda: O(a=1,b=2)!=O(b=2,a=1)); attempt(lambda: len(O(a=1).values())); attempt(lambda: list(O(a=1,b=2).values())); attempt(lambda: iter(O(a=1).values()).__class__)
