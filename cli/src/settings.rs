//! The `-X` options and the `PYTHON*` variables.

use std::collections::HashMap;
use vm::runtime::Config;

/// A setting with a value that it can't have: which, and how far CPython would have come.
pub struct Invalid {
    pub setting: &'static str,
    pub state: &'static str,
}

fn invalid(setting: &'static str) -> Invalid {
    Invalid {
        setting,
        state: "preinitialized",
    }
}

/// `1` or `0`, or no value for `1`.
fn utf8_mode(value: Option<&str>, setting: &'static str) -> Result<bool, Invalid> {
    match value {
        None | Some("1") => Ok(true),
        Some("0") => Ok(false),
        Some(_) => Err(Invalid {
            setting,
            state: "preinitializing",
        }),
    }
}

/// Fewer digits than this cannot be asked for, unless it is 0 for no limit.
const LEAST_MAX_STR_DIGITS: i32 = 640;

fn max_str_digits(value: &str, setting: &'static str) -> Result<i32, Invalid> {
    match value.parse() {
        Ok(limit) if limit == 0 || limit >= LEAST_MAX_STR_DIGITS => Ok(limit),
        _ => Err(invalid(setting)),
    }
}

/// What the `-X` options say.
pub fn apply_x_options(c: &mut Config) -> Result<(), Invalid> {
    for (name, value) in &c.x_options {
        match name.as_str() {
            "dev" => c.dev_mode = true,
            "utf8" => {
                let setting = "preconfig_init_utf8_mode: invalid -X utf8 option value";
                c.utf8_mode = utf8_mode(value.as_deref(), setting)?;
            }
            "warn_default_encoding" => c.warn_default_encoding = true,
            "int_max_str_digits" => {
                let setting = "config_init_int_max_str_digits: -X int_max_str_digits: invalid limit; must be >= 640 or 0 for unlimited.";
                let value = value.as_deref().unwrap_or_default();
                c.int_max_str_digits = Some(max_str_digits(value, setting)?);
            }
            "faulthandler" => c.faulthandler = true,
            "importtime" => {
                c.import_time = value.as_ref().and_then(|v| v.parse().ok()).unwrap_or(1)
            }
            "tracemalloc" => {
                let frames = value.as_ref().map_or(Ok(1), |value| value.parse());
                c.tracemalloc = frames.map_err(|_| {
                    invalid(
                        "config_init_tracemalloc: -X tracemalloc=NFRAME: invalid number of frames",
                    )
                })?;
            }
            "pycache_prefix" => c.pycache_prefix.clone_from(value),
            _ => {}
        }
    }
    Ok(())
}

/// What the `PYTHON*` variables say, where the command line says nothing.
pub fn apply_environment(c: &mut Config, env: &HashMap<String, String>) -> Result<(), Invalid> {
    let get = |name: &str| env.get(name).filter(|v| !v.is_empty());
    // A number, or 1 for any other text.
    let level = |name: &str| get(name).map_or(0, |v| v.parse::<u8>().unwrap_or(1));
    c.optimize = c.optimize.max(level("PYTHONOPTIMIZE")).min(2);
    c.verbose = c.verbose.max(level("PYTHONVERBOSE"));
    c.debug = c.debug.max(level("PYTHONDEBUG"));
    c.inspect |= get("PYTHONINSPECT").is_some();
    c.unbuffered |= get("PYTHONUNBUFFERED").is_some();
    c.dont_write_bytecode |= get("PYTHONDONTWRITEBYTECODE").is_some();
    c.no_user_site |= get("PYTHONNOUSERSITE").is_some();
    c.safe_path |= get("PYTHONSAFEPATH").is_some();
    c.dev_mode |= get("PYTHONDEVMODE").is_some();
    c.faulthandler |= get("PYTHONFAULTHANDLER").is_some();
    c.warn_default_encoding |= get("PYTHONWARNDEFAULTENCODING").is_some();
    c.import_time = c.import_time.max(level("PYTHONPROFILEIMPORTTIME"));
    if let Some(value) = get("PYTHONUTF8")
        && !c.x_options.iter().any(|(name, _)| name == "utf8")
    {
        let setting = "preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value";
        c.utf8_mode = utf8_mode(Some(value), setting)?;
    }
    if let Some(path) = get("PYTHONPATH") {
        c.python_path = path.split(':').map(str::to_owned).collect();
    }
    if let Some(seed) = get("PYTHONHASHSEED").filter(|s| *s != "random") {
        c.hash_seed = Some(seed.parse().map_err(|_| {
            invalid("config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]")
        })?);
    }
    if c.pycache_prefix.is_none() {
        c.pycache_prefix = get("PYTHONPYCACHEPREFIX").cloned();
    }
    if let Some(io) = get("PYTHONIOENCODING") {
        let (encoding, errors) = io.split_once(':').unwrap_or((io, ""));
        c.stdio_encoding = Some(encoding.to_owned()).filter(|e| !e.is_empty());
        c.stdio_errors = Some(errors.to_owned()).filter(|e| !e.is_empty());
    }
    if let Some(warnings) = get("PYTHONWARNINGS") {
        // The command line's come later, so they win.
        let mut all: Vec<String> = warnings.split(',').map(str::to_owned).collect();
        all.append(&mut c.warn_options);
        c.warn_options = all;
    }
    if let (None, Some(limit)) = (c.int_max_str_digits, get("PYTHONINTMAXSTRDIGITS")) {
        let setting = "config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for unlimited.";
        c.int_max_str_digits = Some(max_str_digits(limit, setting)?);
    }
    c.startup = get("PYTHONSTARTUP").cloned();
    Ok(())
}
