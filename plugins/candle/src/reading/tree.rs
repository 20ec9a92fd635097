//! The prefix tree of some sequences: each token that they share from the beginning on, once.

use std::ops::Range;

use super::Sequence;

/// A run of tokens that the same sequences pass through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The node that comes before it; none at the beginning of a sequence. It stands earlier in the tree.
    pub parent: Option<usize>,
    /// The position of its first token in every sequence that passes through it.
    pub start: usize,
    /// Its tokens; there is at least one.
    pub tokens: Vec<u32>,
}

/// Sequences with each shared beginning once.
///
/// Three CoTs of one question, of which two begin with the same step; the third stands there twice:
///
/// ```text
/// sequences                        nodes                                  rows
/// Q Q Q a a b b    reads 4, 6      0: Q Q Q          start 0              0 1 2
/// Q Q Q a a c      reads 4, 5      1:  ├─ a a        start 3, parent 0    3 4
/// Q Q Q d d        reads 4         2:  │   ├─ b b    start 5, parent 1    5 6
/// Q Q Q d d        reads 4         3:  │   └─ c      start 5, parent 1    7
///                                  4:  └─ d d        start 3, parent 0    8 9
/// ```
///
/// Of 23 tokens 10 are computed. The rows number the tokens of all nodes in their order; a sequence's positions are rows of
/// the nodes on its path, so those of the sequences above are 4, 6; 4, 7; 9; 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixTree {
    nodes: Vec<Node>,
    /// For each node its first row.
    first_rows: Vec<usize>,
    /// For each sequence the node it ends in; none for one of no tokens.
    ends: Vec<Option<usize>>,
    /// For each sequence the rows of its positions.
    rows: Vec<Vec<usize>>,
    tokens: usize,
}

impl PrefixTree {
    /// The tree of these sequences, each up to its [last position](Sequence::needed).
    pub fn new<'s>(sequences: impl IntoIterator<Item = &'s Sequence>) -> Self {
        let sequences: Vec<&Sequence> = sequences.into_iter().collect();
        let mut builder = Builder::new(&sequences);
        builder.build();
        let Builder { nodes, ends, .. } = builder;
        let mut tokens = 0;
        let mut first_rows = Vec::with_capacity(nodes.len());
        for node in &nodes {
            first_rows.push(tokens);
            tokens += node.tokens.len();
        }
        let mut tree = Self { nodes, first_rows, ends, rows: Vec::new(), tokens };
        tree.rows = sequences.iter().enumerate().map(|(index, sequence)| tree.rows_of(index, sequence)).collect();
        tree
    }

    /// The nodes, each after its parent.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// How many tokens the nodes hold together.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// The rows of a node's tokens.
    pub fn rows_of_node(&self, node: usize) -> Range<usize> {
        self.first_rows[node]..self.first_rows[node] + self.nodes[node].tokens.len()
    }

    /// For each sequence, in the order given, the rows of its positions.
    pub fn rows(&self) -> &[Vec<usize>] {
        &self.rows
    }

    /// The nodes that a sequence passes through, from its beginning to its end.
    pub fn path(&self, sequence: usize) -> Vec<usize> {
        let mut path: Vec<usize> =
            std::iter::successors(self.ends[sequence], |node| self.nodes[*node].parent).collect();
        path.reverse();
        path
    }

    fn rows_of(&self, index: usize, sequence: &Sequence) -> Vec<usize> {
        let path = self.path(index);
        let row = |position: &usize| {
            let after = path.partition_point(|node| self.nodes[*node].start <= *position);
            let node = path[after - 1];
            self.first_rows[node] + position - self.nodes[node].start
        };
        sequence.positions.iter().map(row).collect()
    }
}

/// How many tokens two sequences share from the beginning on.
pub(super) fn shared(left: &[u32], right: &[u32]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

/// The sequences' numbers in the order of their tokens: those that share a beginning stand together, a sequence that is
/// another's beginning stands before it, and equal ones stay in their order.
pub(super) fn in_order(sequences: &[&Sequence]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by(|left, right| sequences[*left].needed().cmp(sequences[*right].needed()));
    order
}

struct Builder<'s> {
    sequences: &'s [&'s Sequence],
    order: Vec<usize>,
    nodes: Vec<Node>,
    ends: Vec<Option<usize>>,
}

/// Sequences that stand together in the order and share their first `depth` tokens, which end in `parent`.
struct Branch {
    members: Range<usize>,
    depth: usize,
    parent: Option<usize>,
}

impl<'s> Builder<'s> {
    fn new(sequences: &'s [&'s Sequence]) -> Self {
        Self { sequences, order: in_order(sequences), nodes: Vec::new(), ends: vec![None; sequences.len()] }
    }

    fn tokens(&self, place: usize) -> &'s [u32] {
        self.sequences[self.order[place]].needed()
    }

    /// Depth first, by a list of what is still to do instead of by recursion: sequences may share ever longer beginnings.
    fn build(&mut self) {
        let mut open = vec![Branch { members: 0..self.order.len(), depth: 0, parent: None }];
        while let Some(branch) = open.pop() {
            let forks = self.fork(branch);
            open.extend(forks.into_iter().rev());
        }
    }

    /// Lets the sequences end that have no further token, and makes a node for each next token of the others.
    fn fork(&mut self, Branch { members, depth, parent }: Branch) -> Vec<Branch> {
        let ended = members.clone().take_while(|place| self.tokens(*place).len() == depth).count();
        for place in members.clone().take(ended) {
            self.ends[self.order[place]] = parent;
        }
        let mut forks = Vec::new();
        let mut start = members.start + ended;
        while start < members.end {
            let first = self.tokens(start);
            let end = (start..members.end).find(|place| self.tokens(*place)[depth] != first[depth]);
            let end = end.unwrap_or(members.end);
            // Sorted as they are, what the first and the last share is shared by all between them.
            let shared = shared(first, self.tokens(end - 1));
            forks.push(self.grow(start..end, depth..shared, parent));
            start = end;
        }
        forks
    }

    /// A node of the members' tokens in `span`. Its number is given before those of its descendants, so it comes first.
    fn grow(&mut self, members: Range<usize>, span: Range<usize>, parent: Option<usize>) -> Branch {
        let tokens = self.tokens(members.start)[span.clone()].to_vec();
        self.nodes.push(Node { parent, start: span.start, tokens });
        Branch { members, depth: span.end, parent: Some(self.nodes.len() - 1) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sequence(tokens: &[u32], positions: &[usize]) -> Sequence {
        Sequence { tokens: tokens.to_vec(), positions: positions.to_vec() }
    }

    #[test]
    fn the_tree_of_the_picture() {
        let sequences = [
            sequence(&[1, 1, 1, 10, 10, 11, 11], &[4, 6]),
            sequence(&[1, 1, 1, 10, 10, 12], &[4, 5]),
            sequence(&[1, 1, 1, 13, 13], &[4]),
            sequence(&[1, 1, 1, 13, 13], &[4]),
        ];
        let tree = PrefixTree::new(&sequences);
        assert_eq!(tree.tokens(), 10);
        assert_eq!(sequences.iter().map(|sequence| sequence.tokens.len()).sum::<usize>(), 23);
        let row = |sequence: usize| tree.rows()[sequence].iter().map(|row| token_at(&tree, *row)).collect::<Vec<_>>();
        assert_eq!([row(0), row(1), row(2)], [vec![10, 11], vec![10, 12], vec![13]]);
        assert_eq!(tree.rows()[2], tree.rows()[3]);
        assert_eq!(tree.rows()[0][0], tree.rows()[1][0]);
        assert_eq!(tree.nodes().len(), 5);
    }

    #[test]
    fn what_follows_the_last_position_is_not_computed() {
        let sequences = [sequence(&[1, 2, 3, 4], &[1]), sequence(&[1, 2, 9], &[]), sequence(&[], &[])];
        let tree = PrefixTree::new(&sequences);
        assert_eq!(tree.nodes(), [Node { parent: None, start: 0, tokens: vec![1, 2] }]);
        assert_eq!(tree.rows(), [vec![1], vec![], vec![]]);
    }

    #[test]
    fn sequences_that_share_nothing_have_trees_of_their_own() {
        let tree = PrefixTree::new(&[sequence(&[2, 1], &[1]), sequence(&[1, 2], &[1])]);
        assert!(tree.nodes().iter().all(|node| node.parent.is_none() && node.start == 0));
        assert_eq!(tree.tokens(), 4);
    }

    #[test]
    fn a_thousand_nested_beginnings_share_all_their_tokens() {
        let tokens: Vec<u32> = (0..1000).collect();
        let sequences: Vec<Sequence> = (0..1000).map(|last| sequence(&tokens, &[last])).collect();
        let tree = PrefixTree::new(&sequences);
        assert_eq!(tree.tokens(), 1000);
        assert_eq!(tree.rows(), (0..1000).map(|row| vec![row]).collect::<Vec<_>>());
    }

    fn token_at(tree: &PrefixTree, row: usize) -> u32 {
        tree.nodes().iter().flat_map(|node| &node.tokens).copied().nth(row).unwrap()
    }

    pub(in super::super) fn sequences() -> impl Strategy<Value = Vec<Sequence>> {
        // Few different tokens, so that much is shared.
        let tokens = prop::collection::vec(0..3_u32, 0..12);
        let sequence = (tokens, any::<u64>()).prop_map(|(tokens, chosen)| {
            let positions = (0..tokens.len()).filter(|place| chosen >> place & 1 == 1).collect();
            Sequence { tokens, positions }
        });
        prop::collection::vec(sequence, 0..10)
    }

    proptest! {
        #[test]
        fn the_paths_give_the_sequences_back(sequences in sequences()) {
            let tree = PrefixTree::new(&sequences);
            for (index, sequence) in sequences.iter().enumerate() {
                let path = tree.path(index);
                let tokens: Vec<u32> = path.iter().flat_map(|node| tree.nodes()[*node].tokens.clone()).collect();
                prop_assert_eq!(&tokens, sequence.needed());
                let rows: Vec<usize> = path.iter().flat_map(|node| tree.rows_of_node(*node)).collect();
                let read: Vec<usize> = sequence.positions.iter().map(|position| rows[*position]).collect();
                prop_assert_eq!(&tree.rows()[index], &read);
            }
        }

        #[test]
        fn it_holds_one_token_for_each_distinct_beginning(sequences in sequences()) {
            let tree = PrefixTree::new(&sequences);
            let beginning = |sequence: &Sequence| {
                let tokens = sequence.needed().to_vec();
                (1..=tokens.len()).map(move |length| tokens[..length].to_vec())
            };
            let distinct: BTreeSet<Vec<u32>> = sequences.iter().flat_map(beginning).collect();
            prop_assert_eq!(tree.tokens(), distinct.len());
        }

        #[test]
        fn every_node_comes_after_its_parent_and_where_that_ends(sequences in sequences()) {
            let tree = PrefixTree::new(&sequences);
            for (index, node) in tree.nodes().iter().enumerate() {
                prop_assert!(!node.tokens.is_empty());
                match node.parent {
                    Some(parent) => {
                        prop_assert!(parent < index);
                        let before = &tree.nodes()[parent];
                        prop_assert_eq!(node.start, before.start + before.tokens.len());
                    }
                    None => prop_assert_eq!(node.start, 0),
                }
            }
        }
    }
}
