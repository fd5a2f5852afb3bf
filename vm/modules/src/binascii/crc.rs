//! Check sums: CRC-32 as in zip files, and the CRC of BinHex.

/// `TABLES[k][b]`: what byte `b` contributes when `k` more bytes follow it in a block.
static TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut b = 0;
    while b < 256 {
        let (mut crc, mut bit) = (b as u32, 0);
        while bit < 8 {
            crc = crc >> 1 ^ if crc & 1 != 0 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        tables[0][b] = crc;
        b += 1;
    }
    let mut k = 1;
    while k < 8 {
        let mut b = 0;
        while b < 256 {
            let before = tables[k - 1][b];
            tables[k][b] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            b += 1;
        }
        k += 1;
    }
    tables
};

pub fn crc32(data: &[u8], start: u32) -> u32 {
    let mut crc = !start;
    let (blocks, rest) = data.as_chunks::<8>();
    for block in blocks {
        let word = u64::from_le_bytes(*block) ^ u64::from(crc);
        crc = word
            .to_le_bytes()
            .iter()
            .enumerate()
            .fold(0, |crc, (i, &b)| crc ^ TABLES[7 - i][usize::from(b)]);
    }
    for &b in rest {
        crc = crc >> 8 ^ TABLES[0][usize::from(crc as u8 ^ b)];
    }
    !crc
}

pub fn hqx(data: &[u8], start: u16) -> u16 {
    data.iter().fold(start, |crc, &b| {
        (0..8).fold(crc ^ u16::from(b) << 8, |crc, _| {
            if crc & 0x8000 != 0 {
                crc << 1 ^ 0x1021
            } else {
                crc << 1
            }
        })
    })
}
