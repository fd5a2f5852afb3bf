//! Arithmetic on literals that the code generator gets wrong: with complex numbers, and floor division.
//!
//! Since 3.14 a real operand has no imaginary part, not even a zero, so that the sign of zero survives. The generator
//! folds by the older rules, which tell only where there are zeros; what is folded here never reaches it.

use ruff_python_ast as ast;
use ruff_python_ast::{Expr, Number, Operator, UnaryOp};

#[derive(Clone, Copy)]
enum Value {
    Real(f64),
    Complex(f64, f64),
}

/// The value of an operation with a complex operand, if it is finite and the generator's would be another.
pub(crate) fn fold_complex(operation: &ast::ExprBinOp) -> Option<(f64, f64)> {
    let Value::Complex(real, imag) = binary(operation)? else {
        return None;
    };
    let (older_real, older_imag) = older(operation)?;
    let same = real.to_bits() == older_real.to_bits() && imag.to_bits() == older_imag.to_bits();
    (real.is_finite() && imag.is_finite() && !same).then_some((real, imag))
}

/// The same with both operands made complex. Not a number where the generator has a way of its own.
fn older(operation: &ast::ExprBinOp) -> Option<(f64, f64)> {
    let parts = |expr| match value(expr)? {
        Value::Real(real) => Some((real, 0.0)),
        Value::Complex(real, imag) => Some((real, imag)),
    };
    let ((a, b), (c, d)) = (parts(&operation.left)?, parts(&operation.right)?);
    Some(match operation.op {
        Operator::Add => (a + c, b + d),
        Operator::Sub if b != d => (a - c, b - d),
        Operator::Mult => (a * c - b * d, a * d + b * c),
        _ => (f64::NAN, f64::NAN),
    })
}

/// The value of `//` with a float operand.
pub(crate) fn fold_floor_division(operation: &ast::ExprBinOp) -> Option<f64> {
    let (Value::Real(left), Value::Real(right)) =
        (value(&operation.left)?, value(&operation.right)?)
    else {
        return None;
    };
    if operation.op != Operator::FloorDiv
        || right == 0.0
        || is_integral(&operation.left) && is_integral(&operation.right)
    {
        return None;
    }
    let rest = left % right;
    let mut quotient = (left - rest) / right;
    if rest != 0.0 && (right < 0.0) != (rest < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return Some(0.0f64.copysign(left / right));
    }
    let floor = quotient.floor();
    Some(if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    })
}

fn is_integral(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(unary) => is_integral(&unary.operand),
        expr => is_int(expr),
    }
}

fn value(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            // Larger integers would be rounded.
            Number::Int(int) => int
                .as_i64()
                .filter(|int| int.abs() <= 1 << 53)
                .map(|int| Value::Real(int as f64)),
            Number::Float(value) => Some(Value::Real(*value)),
            Number::Complex { real, imag } => Some(Value::Complex(*real, *imag)),
        },
        Expr::UnaryOp(unary) => match (unary.op, value(&unary.operand)?) {
            (UnaryOp::UAdd, operand) => Some(operand),
            // An integer has no negative zero.
            (UnaryOp::USub, Value::Real(0.0)) if is_int(&unary.operand) => Some(Value::Real(0.0)),
            (UnaryOp::USub, Value::Real(real)) => Some(Value::Real(-real)),
            (UnaryOp::USub, Value::Complex(real, imag)) => Some(Value::Complex(-real, -imag)),
            _ => None,
        },
        // Of real operands alone, the operation is the generator's to fold.
        Expr::BinOp(operation) => match binary(operation)? {
            complex @ Value::Complex(..) => Some(complex),
            Value::Real(_) => None,
        },
        _ => None,
    }
}

fn is_int(expr: &Expr) -> bool {
    matches!(expr, Expr::NumberLiteral(literal) if matches!(literal.value, Number::Int(_)))
}

fn binary(operation: &ast::ExprBinOp) -> Option<Value> {
    use Value::{Complex, Real};
    let (real, imag) = match (
        operation.op,
        value(&operation.left)?,
        value(&operation.right)?,
    ) {
        (_, Real(_), Real(_)) => return None,
        (Operator::Add, Real(a), Complex(b, c)) | (Operator::Add, Complex(b, c), Real(a)) => {
            (a + b, c)
        }
        (Operator::Add, Complex(a, b), Complex(c, d)) => (a + c, b + d),
        (Operator::Sub, Real(a), Complex(b, c)) => (a - b, -c),
        (Operator::Sub, Complex(a, b), Real(c)) => (a - c, b),
        (Operator::Sub, Complex(a, b), Complex(c, d)) => (a - c, b - d),
        (Operator::Mult, Real(a), Complex(b, c)) | (Operator::Mult, Complex(b, c), Real(a)) => {
            (a * b, a * c)
        }
        (Operator::Mult, Complex(a, b), Complex(c, d)) => (a * c - b * d, a * d + b * c),
        (Operator::Div, Complex(a, b), Real(c)) if c != 0.0 => (a / c, b / c),
        (Operator::Div, Real(a), Complex(c, d)) => quotient(a, None, c, d)?,
        (Operator::Div, Complex(a, b), Complex(c, d)) => quotient(a, Some(b), c, d)?,
        _ => return None,
    };
    Some(Complex(real, imag))
}

/// `(a+bj) / (c+dj)`, scaled by the larger part of the divisor.
fn quotient(a: f64, b: Option<f64>, c: f64, d: f64) -> Option<(f64, f64)> {
    if c == 0.0 && d == 0.0 {
        return None;
    }
    Some(if c.abs() >= d.abs() {
        let ratio = d / c;
        let divisor = c + d * ratio;
        match b {
            Some(b) => ((a + b * ratio) / divisor, (b - a * ratio) / divisor),
            None => (a / divisor, -a * ratio / divisor),
        }
    } else {
        let ratio = c / d;
        let divisor = c * ratio + d;
        match b {
            Some(b) => ((a * ratio + b) / divisor, (b * ratio - a) / divisor),
            None => (a * ratio / divisor, -a / divisor),
        }
    })
}
