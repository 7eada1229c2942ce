use super::*;
use crate::diagnostic::Code;
use crate::network::{Network, Node, Wire};
use crate::number::IntType;
use crate::reference::Executor;
use crate::tensor::Constant;
use petgraph::graph::NodeIndex;

/// A network that is built a node at a time; every tensor has the same shape.
struct Builder {
    network: Network,
    shape: Vec<usize>,
}

impl Builder {
    fn new(shape: &[usize]) -> Builder {
        Builder { network: Network::default(), shape: shape.to_vec() }
    }

    /// Adds an operator; operands are producers and which of their outputs.
    fn add(&mut self, name: &str, op: Op, operands: &[(NodeIndex, usize)]) -> NodeIndex {
        let node = self.network.graph.add_node(Node { name: name.into(), operator: "Test".into(), op });
        for (to, &(producer, from)) in operands.iter().enumerate() {
            let tensor = format!("{}:{from}", self.network.graph[producer].name);
            let wire = Wire { tensor, shape: self.shape.clone(), from, to };
            self.network.graph.add_edge(producer, node, wire);
        }
        node
    }

    fn input(&mut self, name: &str, datatype: Option<IntType>) -> NodeIndex {
        let node = self.add(name, Op::Input { datatype }, &[]);
        self.network.inputs.push(node);
        node
    }

    fn output(&mut self, name: &str, of: (NodeIndex, usize)) {
        let node = self.add(name, Op::Output, &[of]);
        self.network.outputs.push(node);
    }
}

/// `y = relu(x − 2) + x`, and the second half of `x`.
fn diamond(datatype: Option<IntType>) -> Network {
    let mut b = Builder::new(&[1, 2]);
    let x = b.input("x", datatype);
    let two = b.add("two", Op::Constant(Constant::Int(ndarray::arr1(&[2]).into_dyn())), &[]);
    let shifted = b.add("shift", Op::Sub, &[(x, 0), (two, 0)]);
    let positive = b.add("relu", Op::Relu, &[(shifted, 0)]);
    let sum = b.add("sum", Op::Add, &[(positive, 0), (x, 0)]);
    let halves = b.add("halves", Op::Split { axis: 1, lengths: vec![1, 1] }, &[(x, 0)]);
    b.output("y", (sum, 0));
    b.output("half", (halves, 1));
    b.network
}

#[test]
fn a_diamond_with_two_outputs() {
    let executor = Executor::new(&diamond(None));
    let outputs = executor.run(&[tensor(&[1, 2], &[5.0, 1.0])]).unwrap();
    assert_eq!(outputs, [tensor(&[1, 2], &[8.0, 1.0]), tensor(&[1, 1], &[1.0])]);
    assert_eq!(executor.inputs().collect::<Vec<_>>(), [("x", Some([1, 2].as_slice()))]);
}

#[test]
fn trace_knows_every_tensor() {
    let trace = Executor::new(&diamond(None)).trace(&[tensor(&[1, 2], &[5.0, 1.0])]).unwrap();
    let names: Vec<_> = trace.keys().map(String::as_str).collect();
    assert_eq!(names, ["halves:1", "relu:0", "shift:0", "sum:0", "two:0", "x"]);
    assert_eq!(trace["shift:0"], tensor(&[1, 2], &[3.0, -1.0]));
}

#[test]
fn frames_in_parallel_are_frames_one_by_one() {
    let executor = Executor::new(&diamond(None));
    let frames: Vec<_> = (0..20).map(|seed| vec![scattered(&[1, 2], seed)]).collect();
    let one_by_one: Vec<_> = frames.iter().map(|frame| executor.run(frame).unwrap()).collect();
    assert_eq!(executor.run_batch(&frames).unwrap(), one_by_one);
}

#[test]
fn frames_that_the_model_does_not_take_are_refused() {
    let executor = Executor::new(&diamond(Some(IntType::quantizer(true, 4, false))));
    let code = |frame: &[ArrayD<f64>]| executor.run(frame).unwrap_err().code;
    assert_eq!(code(&[]), Code::BadInput);
    assert_eq!(code(&[counting(&[2, 1])]), Code::BadInput);
    for outside in [0.5, 8.0, f64::NAN, f64::INFINITY] {
        assert_eq!(code(&[tensor(&[1, 2], &[0.0, outside])]), Code::BadInput, "{outside}");
    }
    assert!(executor.run(&[tensor(&[1, 2], &[-8.0, 7.0])]).is_ok());
}

#[test]
fn mistakes_name_their_node() {
    let mut b = Builder::new(&[1, 2]);
    let x = b.input("x", None);
    let bad = b.add("turn", Op::Transpose { perm: vec![0] }, &[(x, 0)]);
    b.output("y", (bad, 0));
    let error = Executor::new(&b.network).run(&[counting(&[1, 2])]).unwrap_err();
    assert_eq!((error.code, error.node.as_str()), (Code::BadShape, "turn"));
    assert_eq!(error.operator.as_deref(), Some("Test"));
}

#[test]
fn outputs_that_an_operator_does_not_have_are_refused() {
    let mut b = Builder::new(&[1, 2]);
    let x = b.input("x", None);
    let one = b.add("one", Op::Relu, &[(x, 0)]);
    b.output("y", (one, 1));
    let error = Executor::new(&b.network).run(&[counting(&[1, 2])]).unwrap_err();
    assert_eq!((error.code, error.node.as_str()), (Code::BrokenGraph, "one"));
}
