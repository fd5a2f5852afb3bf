//! The order of death: strongly connected components of the condemned, owners first.
//!
//! Tarjan's algorithm, without recursion. A component completes after everything it refers to, so the reverse order of
//! completion has owners before what they own. Objects that no cycle leads to would have died by counting, one by one; the
//! others are what CPython's cycle collector would have found together.

use super::mark::list_condemned;
use crate::hidden::Hidden;
use layout::PyObject;
use std::collections::{HashMap, HashSet};

/// An address in disguise: freed native memory keeps its content, where a later scan would find the dead.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Disguised(usize);

impl Disguised {
    fn new(address: usize) -> Self {
        Disguised(!address)
    }

    fn address(self) -> usize {
        !self.0
    }
}

/// The objects with death rites, owners first.
pub struct Order {
    /// Those that no cycle leads to.
    pub alone: Hidden<*mut PyObject>,
    /// Those in cycles, and those that cycles lead to.
    pub cyclic: Hidden<*mut PyObject>,
}

/// Sorts `objects`, all of which are condemned.
pub fn sort(objects: &[*mut PyObject]) -> Order {
    let mut graph = Graph::default();
    for &object in objects {
        let root = graph.node(object as usize);
        if graph.nodes[root].index == 0 {
            graph.search(root);
        }
    }
    graph.order(objects)
}

#[derive(Clone, Copy, Default)]
struct Node {
    name: Disguised,
    /// The order of discovery, from 1; 0 before.
    index: usize,
    low: usize,
    on_stack: bool,
    /// A cycle leads here, or it is in one.
    cyclic: bool,
    /// Where its edges are in `Graph::edges`.
    first_edge: usize,
    end_edge: usize,
}

#[derive(Default)]
struct Graph {
    numbers: HashMap<Disguised, usize>,
    nodes: Vec<Node>,
    edges: Vec<usize>,
    /// Nodes whose component is not complete.
    open: Vec<usize>,
    /// Nodes in the order of completion.
    completed: Vec<usize>,
    discovered: usize,
    targets: Hidden<usize>,
}

impl Graph {
    fn node(&mut self, address: usize) -> usize {
        let name = Disguised::new(address);
        *self.numbers.entry(name).or_insert_with(|| {
            self.nodes.push(Node {
                name,
                ..Node::default()
            });
            self.nodes.len() - 1
        })
    }

    fn discover(&mut self, number: usize) {
        self.discovered += 1;
        list_condemned(self.nodes[number].name.address(), &mut self.targets);
        let first_edge = self.edges.len();
        while let Some(target) = self.targets.pop() {
            let target = self.node(target);
            self.edges.push(target);
        }
        let node = &mut self.nodes[number];
        node.first_edge = first_edge;
        node.end_edge = self.edges.len();
        node.index = self.discovered;
        node.low = self.discovered;
        node.on_stack = true;
        self.open.push(number);
    }

    fn search(&mut self, root: usize) {
        self.discover(root);
        let mut path = vec![(root, self.nodes[root].first_edge)];
        while let Some((number, edge)) = path.last_mut() {
            let number = *number;
            if *edge == self.nodes[number].end_edge {
                path.pop();
                self.leave(number);
                if let Some(&(parent, _)) = path.last() {
                    self.nodes[parent].low = self.nodes[parent].low.min(self.nodes[number].low);
                }
                continue;
            }
            let target = self.edges[*edge];
            *edge += 1;
            if self.nodes[target].index == 0 {
                self.discover(target);
                path.push((target, self.nodes[target].first_edge));
            } else if self.nodes[target].on_stack {
                self.nodes[number].low = self.nodes[number].low.min(self.nodes[target].index);
                self.nodes[number].cyclic |= target == number;
            }
        }
    }

    /// Completes the component of `number`, if it is the one discovered first.
    fn leave(&mut self, number: usize) {
        if self.nodes[number].low != self.nodes[number].index {
            return;
        }
        let first = self
            .open
            .iter()
            .rposition(|&open| open == number)
            .unwrap_or(0);
        let many = self.open.len() - first > 1;
        for member in self.open.drain(first..) {
            let node = &mut self.nodes[member];
            node.on_stack = false;
            node.cyclic |= many;
            self.completed.push(member);
        }
    }

    fn order(mut self, objects: &[*mut PyObject]) -> Order {
        let mut order = Order {
            alone: Hidden::new(),
            cyclic: Hidden::new(),
        };
        let wanted: HashSet<Disguised> = objects
            .iter()
            .map(|&object| Disguised::new(object as usize))
            .collect();
        for &number in self.completed.iter().rev() {
            let node = self.nodes[number];
            for edge in node.first_edge..node.end_edge {
                self.nodes[self.edges[edge]].cyclic |= node.cyclic;
            }
            if wanted.contains(&node.name) {
                let list = if node.cyclic {
                    &mut order.cyclic
                } else {
                    &mut order.alone
                };
                list.push(node.name.address() as *mut PyObject);
            }
        }
        order
    }
}
