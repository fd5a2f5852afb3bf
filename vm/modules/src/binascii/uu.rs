//! Uuencode, a line at a time.

pub fn decode(line: &[u8]) -> Result<Vec<u8>, String> {
    let (&length, mut rest) = line.split_first().unwrap_or((&0, &[]));
    let wanted = usize::from(length.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(wanted);
    let (mut bits, mut count) = (0u32, 0);
    while out.len() < wanted {
        let c = match rest.split_first() {
            None => 0,
            Some((&c, after)) => {
                rest = after;
                match c {
                    // Spaces at the end of the line may have got lost.
                    b'\n' | b'\r' => 0,
                    b' '..=b'`' => u32::from(c - b' ') & 63,
                    _ => return Err("Illegal char".into()),
                }
            }
        };
        bits = bits << 6 | c;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    if rest
        .iter()
        .any(|c| !matches!(c, b' ' | b'`' | b'\n' | b'\r'))
    {
        return Err("Trailing garbage".into());
    }
    Ok(out)
}

pub fn encode(data: &[u8], backtick: bool) -> Result<Vec<u8>, String> {
    if data.len() > 45 {
        return Err("At most 45 bytes at once".into());
    }
    let shown = |value: u32| {
        if backtick && value == 0 {
            b'`'
        } else {
            value as u8 + b' '
        }
    };
    let mut out = vec![shown(data.len() as u32)];
    for group in data.chunks(3) {
        let byte = |i: usize| group.get(i).map_or(0, |&b| u32::from(b));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.extend([18, 12, 6, 0].map(|shift| shown(bits >> shift & 63)));
    }
    out.push(b'\n');
    Ok(out)
}
