//! `_statistics`: the one function of `statistics` that is worth it.

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_statistics",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[fastcall!(
    "_normal_dist_inv_cdf",
    normal_dist_inv_cdf,
    "($module, p, mu, sigma, /)"
)];

/// Coefficients of a rational function, the highest power first: of the numerator, and of the denominator, whose last one
/// is 1. They are Wichura's (algorithm AS 241), for the middle, the flanks and the far ends of the distribution.
type Rational = ([f64; 8], [f64; 7]);

const MIDDLE: Rational = (
    [
        2.509_080_928_730_122_672_7e3,
        3.343_057_558_358_812_810_5e4,
        6.726_577_092_700_870_085_3e4,
        4.592_195_393_154_987_145_7e4,
        1.373_169_376_550_946_112_5e4,
        1.971_590_950_306_551_442_7e3,
        1.331_416_678_917_843_774_5e2,
        3.387_132_872_796_366_608_0e0,
    ],
    [
        5.226_495_278_852_854_561_0e3,
        2.872_908_573_572_194_267_4e4,
        3.930_789_580_009_271_061_0e4,
        2.121_379_430_158_659_586_7e4,
        5.394_196_021_424_751_107_7e3,
        6.871_870_074_920_579_083_0e2,
        4.231_333_070_160_091_125_2e1,
    ],
);

const FLANK: Rational = (
    [
        7.745_450_142_783_414_076_4e-4,
        2.272_384_498_926_918_458_33e-2,
        2.417_807_251_774_506_117_70e-1,
        1.270_458_252_452_368_382_58e0,
        3.647_848_324_763_204_604_04e0,
        5.769_497_221_460_691_405_5e0,
        4.630_337_846_156_545_295_9e0,
        1.423_437_110_749_683_577_34e0,
    ],
    [
        1.050_750_071_644_416_843_24e-9,
        5.475_938_084_995_344_946e-4,
        1.519_866_656_361_645_719_66e-2,
        1.481_039_764_274_800_745_9e-1,
        6.897_673_349_851_000_045_5e-1,
        1.676_384_830_183_803_849_4e0,
        2.053_191_626_637_758_821_87e0,
    ],
);

const END: Rational = (
    [
        2.010_334_399_292_288_132_65e-7,
        2.711_555_568_743_487_578_15e-5,
        1.242_660_947_388_078_438_6e-3,
        2.653_218_952_657_612_309_3e-2,
        2.965_605_718_285_048_912_3e-1,
        1.784_826_539_917_291_335_8e0,
        5.463_784_911_164_114_369_9e0,
        6.657_904_643_501_103_777_2e0,
    ],
    [
        2.044_263_103_389_939_785_64e-15,
        1.421_511_758_316_445_888_7e-7,
        1.846_318_317_510_054_681_8e-5,
        7.868_691_311_456_132_591e-4,
        1.487_536_129_085_061_485_25e-2,
        1.369_298_809_227_358_053_1e-1,
        5.998_322_065_558_879_376_9e-1,
    ],
);

/// `factor` times the function at `r`.
fn evaluate((numerator, denominator): &Rational, r: f64, factor: f64) -> f64 {
    let horner = |sum: f64, c: &f64| sum * r + c;
    let denominator = denominator.iter().fold(0.0, horner) * r + 1.0;
    numerator.iter().fold(0.0, horner) * factor / denominator
}

/// Where a normal distribution reaches the probability `p`.
fn normal_dist_inv_cdf(_: &Obj, args: &[&Obj]) -> Result<f64> {
    args::expect("_normal_dist_inv_cdf", args, 3..=3)?;
    let (p, mu, sigma) = (
        args::to_f64(args[0])?,
        args::to_f64(args[1])?,
        args::to_f64(args[2])?,
    );
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return Ok(mu + evaluate(&MIDDLE, 0.180625 - q * q, q) * sigma);
    }
    let tail = if q <= 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 || tail >= 1.0 {
        return raise!(ValueError, "inv_cdf undefined for these parameters");
    }
    let r = (-tail.ln()).sqrt();
    let x = if r <= 5.0 {
        evaluate(&FLANK, r - 1.6, 1.0)
    } else {
        evaluate(&END, r - 5.0, 1.0)
    };
    let x = if q < 0.0 { -x } else { x };
    Ok(mu + x * sigma)
}
