//! `termios`: control of terminals.

use core::mem::MaybeUninit;

use vm::types::bytes::{self, BytesExt as _};
use vm::types::list::{self, ListExt as _};
use vm::types::type_;

use crate::posix::call;
use crate::posix::convert;
use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "termios",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!("tcgetattr", tcgetattr, "($module, fd, /)"),
    fastcall!("tcsetattr", tcsetattr, "($module, fd, when, attributes, /)"),
    fastcall!("tcsendbreak", tcsendbreak, "($module, fd, duration, /)"),
    o!("tcdrain", tcdrain, "($module, fd, /)"),
    fastcall!("tcflush", tcflush, "($module, fd, queue, /)"),
    fastcall!("tcflow", tcflow, "($module, fd, action, /)"),
    o!("tcgetwinsize", tcgetwinsize, "($module, fd, /)"),
    fastcall!("tcsetwinsize", tcsetwinsize, "($module, fd, winsize, /)"),
];

/// As the C library has them.
#[rustfmt::skip]
static CONSTANTS: &[(&str, i64)] = libc_constants! {
    B0 B1000000 B110 B115200 B1152000 B1200 B134 B150 B1500000 B1800 B19200 B200 B2000000 B230400 B2400 B2500000
    B300 B3000000 B3500000 B38400 B4000000 B460800 B4800 B50 B500000 B57600 B576000 B600 B75 B921600 B9600
    BRKINT BS0 BS1 BSDLY CBAUD CBAUDEX CIBAUD CLOCAL CR0 CR1 CR2 CR3 CRDLY CREAD CRTSCTS CS5 CS6 CS7 CS8 CSIZE
    CSTOPB ECHO ECHOCTL ECHOE ECHOK ECHOKE ECHONL ECHOPRT EXTA EXTB EXTPROC FF0 FF1 FFDLY FIOASYNC FIOCLEX
    FIONBIO FIONCLEX FIONREAD FLUSHO HUPCL IBSHIFT ICANON ICRNL IEXTEN IGNBRK IGNCR IGNPAR IMAXBEL INLCR INPCK
    ISIG ISTRIP IUCLC IUTF8 IXANY IXOFF IXON NCCS NL0 NL1 NLDLY NOFLSH OCRNL OFDEL OFILL OLCUC ONLCR ONLRET
    ONOCR OPOST PARENB PARMRK PARODD PENDIN TAB0 TAB1 TAB2 TAB3 TABDLY TCFLSH TCGETS TCIFLUSH TCIOFF TCIOFLUSH
    TCION TCOFLUSH TCOOFF TCOON TCSADRAIN TCSAFLUSH TCSANOW TCSBRK TCSBRKP TCSETS TCSETSF TCSETSW TCXONC
    TIOCCONS TIOCEXCL TIOCGETD TIOCGICOUNT TIOCGLCKTRMIOS TIOCGPGRP TIOCGSERIAL TIOCGSOFTCAR TIOCGWINSZ TIOCINQ
    TIOCLINUX TIOCMBIC TIOCMBIS TIOCMGET TIOCMIWAIT TIOCMSET TIOCM_CAR TIOCM_CD TIOCM_CTS TIOCM_DSR TIOCM_DTR
    TIOCM_LE TIOCM_RI TIOCM_RNG TIOCM_RTS TIOCM_SR TIOCM_ST TIOCNOTTY TIOCNXCL TIOCOUTQ TIOCPKT TIOCSCTTY
    TIOCSERCONFIG TIOCSERGETLSR TIOCSERGETMULTI TIOCSERGSTRUCT TIOCSERGWILD TIOCSERSETMULTI TIOCSERSWILD
    TIOCSETD TIOCSLCKTRMIOS TIOCSPGRP TIOCSSERIAL TIOCSSOFTCAR TIOCSTI TIOCSWINSZ TOSTOP VDISCARD VEOF VEOL
    VEOL2 VERASE VINTR VKILL VLNEXT VMIN VQUIT VREPRINT VSTART VSTOP VSUSP VSWTC VT0 VT1 VTDLY VTIME VWERASE
    XCASE XTABS _POSIX_VDISABLE
};

/// What the kernel's headers add.
#[rustfmt::skip]
static KERNEL_CONSTANTS: &[(&str, i64)] = &[
    ("TIOCPKT_DATA", 0), ("TIOCPKT_DOSTOP", 32), ("TIOCPKT_FLUSHREAD", 1), ("TIOCPKT_FLUSHWRITE", 2), ("TIOCPKT_NOSTOP", 16), ("TIOCPKT_START", 8), ("TIOCPKT_STOP", 4),
    ("CDSUSP", 25), ("CEOF", 4), ("CEOL", 0), ("CEOT", 4), ("CERASE", 127),
    ("CFLUSH", 15), ("CINTR", 3), ("CKILL", 21), ("CLNEXT", 22), ("CQUIT", 28), ("CRPRNT", 18), ("CSTART", 17),
    ("CSTOP", 19), ("CSUSP", 26), ("CWERASE", 23), ("IOCSIZE_MASK", 536_805_376), ("IOCSIZE_SHIFT", 16), ("N_MOUSE", 2), ("N_PPP", 3),
    ("N_SLIP", 1), ("N_STRIP", 4), ("N_TTY", 0), ("TIOCSER_TEMT", 1), ("VSWTCH", 7),
];

/// `termios.error`.
static ERROR: Global<*const PyTypeObject> = Global::new(core::ptr::null());

fn exec(m: &Obj) -> Result<()> {
    module::add_ints(m, CONSTANTS.iter().chain(KERNEL_CONSTANTS))?;
    let error = type_::new_exception("termios", "error", &[&exc::Exception])?;
    module::add(m, "error", &error)?;
    ERROR.set(error.into_raw().cast());
    Ok(())
}

/// `termios.error(errno, message)`.
#[cold]
fn fail(code: i32) -> err::Raised {
    let args = tuple::from_vec(vec![
        int::from_i64(i64::from(code)).into_obj(),
        str_::new(&err::strerror(code)).into_obj(),
    ]);
    // SAFETY: set when the module was made, and kept for good.
    err::set_object(unsafe { &*ERROR.get() }, args.as_obj())
}

fn checked(mut f: impl FnMut() -> i32) -> Result<()> {
    call::retry(&mut f)?.map(drop).map_err(fail)
}

fn attributes_of(fd: i32) -> Result<libc::termios> {
    let mut attributes = MaybeUninit::<libc::termios>::zeroed();
    let p = attributes.as_mut_ptr() as usize;
    // SAFETY: room for the answer.
    checked(|| unsafe { libc::tcgetattr(fd, p as *mut libc::termios) })?;
    // SAFETY: written by the call.
    Ok(unsafe { attributes.assume_init() })
}

/// Whether the two characters that count in raw mode are numbers there.
fn is_raw(flags: libc::tcflag_t) -> bool {
    flags & libc::ICANON == 0
}

fn tcgetattr(_: &Obj, fd: &Obj) -> Result {
    let fd = convert::fileno(fd)?;
    let a = attributes_of(fd)?;
    let number = |n: u32| int::from_i64(i64::from(n)).into_obj();
    let characters = a.c_cc.iter().enumerate().map(|(i, &c)| {
        if is_raw(a.c_lflag) && (i == libc::VMIN || i == libc::VTIME) {
            number(u32::from(c))
        } else {
            bytes::new(&[c]).into_obj()
        }
    });
    let characters = list::from_vec(characters.collect());
    // SAFETY: the attributes are the kernel's.
    let (ispeed, ospeed) = unsafe {
        (
            libc::cfgetispeed(&raw const a),
            libc::cfgetospeed(&raw const a),
        )
    };
    Ok(list::from_vec(vec![
        number(a.c_iflag),
        number(a.c_oflag),
        number(a.c_cflag),
        number(a.c_lflag),
        number(ispeed),
        number(ospeed),
        characters.into_obj(),
    ])
    .into_obj())
}

fn flags(o: &Obj) -> Result<u32> {
    convert::uint_wrapped(o)
}

fn tcsetattr(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("tcsetattr", args, 3..=3)?;
    let fd = convert::fileno(args[0])?;
    let when = convert::int(args[1])?;
    let items = args[2]
        .downcast::<PyListObject>()
        .map(|l| l.items().to_vec());
    let Some(items) = items.filter(|items| items.len() == 7) else {
        return raise!(TypeError, "tcsetattr, arg 3: must be 7 element list");
    };
    // What the list does not say stays.
    let mut a = attributes_of(fd)?;
    a.c_iflag = flags(&items[0])?;
    a.c_oflag = flags(&items[1])?;
    a.c_cflag = flags(&items[2])?;
    a.c_lflag = flags(&items[3])?;
    let (ispeed, ospeed) = (flags(&items[4])?, flags(&items[5])?);
    set_characters(&mut a, &items[6])?;
    // SAFETY: the attributes are complete.
    let set = unsafe {
        call::status(libc::cfsetispeed(&raw mut a, ispeed))
            .and_then(|_| call::status(libc::cfsetospeed(&raw mut a, ospeed)))
    };
    set.map_err(fail)?;
    // SAFETY: as above.
    checked(|| unsafe { libc::tcsetattr(fd, when, &raw const a) })
}

fn set_characters(a: &mut libc::termios, characters: &Obj) -> Result<()> {
    let n = a.c_cc.len();
    let characters = characters
        .downcast::<PyListObject>()
        .map(|l| l.items().to_vec());
    let Some(characters) = characters.filter(|items| items.len() == n) else {
        return raise!(
            TypeError,
            "tcsetattr: attributes[6] must be {n} element list"
        );
    };
    for (place, item) in a.c_cc.iter_mut().zip(&characters) {
        *place = match item.downcast::<PyBytesObject>() {
            Some(b) if b.as_slice().len() == 1 => b.as_slice()[0],
            _ if item.is::<PyLongObject>() => convert::int(item)? as u8,
            _ => {
                return raise!(
                    TypeError,
                    "tcsetattr: elements of attributes must be characters or integers"
                );
            }
        };
    }
    Ok(())
}

fn tcsendbreak(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("tcsendbreak", args, 2..=2)?;
    let (fd, duration) = (convert::fileno(args[0])?, convert::int(args[1])?);
    // SAFETY: touches no memory.
    checked(|| unsafe { libc::tcsendbreak(fd, duration) })
}

fn tcdrain(_: &Obj, fd: &Obj) -> Result<()> {
    let fd = convert::fileno(fd)?;
    // SAFETY: touches no memory.
    checked(|| unsafe { libc::tcdrain(fd) })
}

fn tcflush(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("tcflush", args, 2..=2)?;
    let (fd, queue) = (convert::fileno(args[0])?, convert::int(args[1])?);
    // SAFETY: touches no memory.
    checked(|| unsafe { libc::tcflush(fd, queue) })
}

fn tcflow(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("tcflow", args, 2..=2)?;
    let (fd, action) = (convert::fileno(args[0])?, convert::int(args[1])?);
    // SAFETY: touches no memory.
    checked(|| unsafe { libc::tcflow(fd, action) })
}

fn window(fd: i32) -> Result<libc::winsize> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let p = (&raw mut size) as usize;
    // SAFETY: room for the answer.
    checked(|| unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, p as *mut libc::winsize) })?;
    Ok(size)
}

fn tcgetwinsize(_: &Obj, fd: &Obj) -> Result {
    let size = window(convert::fileno(fd)?)?;
    let number = |n: u16| int::from_i64(i64::from(n)).into_obj();
    Ok(tuple::from_vec(vec![number(size.ws_row), number(size.ws_col)]).into_obj())
}

fn tcsetwinsize(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("tcsetwinsize", args, 2..=2)?;
    let fd = convert::fileno(args[0])?;
    let wrong = "tcsetwinsize, arg 2: must be a two-item sequence";
    if !proto::is_sequence(args[1]) {
        return raise!(TypeError, "{wrong}");
    }
    let items = proto::to_vec(args[1])?;
    let [rows, columns] = items.as_slice() else {
        return raise!(TypeError, "{wrong}");
    };
    let (rows, columns) = (convert::int(rows)?, convert::int(columns)?);
    let mut size = window(fd)?;
    match (u16::try_from(rows), u16::try_from(columns)) {
        (Ok(rows), Ok(columns)) => (size.ws_row, size.ws_col) = (rows, columns),
        _ => {
            return raise!(OverflowError, "winsize value(s) out of range.");
        }
    }
    // SAFETY: the size lives until the call returns.
    checked(|| unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &raw const size) })
}
