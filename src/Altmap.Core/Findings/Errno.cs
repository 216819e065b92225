namespace Altmap.Core.Findings;

/// <summary>Error numbers of Linux (asm-generic/errno-base.h, errno.h), named as the kernel names them.</summary>
public enum Errno
{
    /// <summary>Success.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file or directory.</summary>
    ENOENT = 2,

    /// <summary>Input/output error.</summary>
    EIO = 5,

    /// <summary>No such device or address.</summary>
    ENXIO = 6,

    /// <summary>Argument list too long.</summary>
    E2BIG = 7,

    /// <summary>Resource temporarily unavailable.</summary>
    EAGAIN = 11,

    /// <summary>Cannot allocate memory.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>Bad address.</summary>
    EFAULT = 14,

    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,

    /// <summary>File exists.</summary>
    EEXIST = 17,

    /// <summary>No such device.</summary>
    ENODEV = 19,

    /// <summary>Is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>Inappropriate ioctl for device.</summary>
    ENOTTY = 25,

    /// <summary>No space left on device.</summary>
    ENOSPC = 28,

    /// <summary>Numerical result out of range.</summary>
    ERANGE = 34,

    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 95,
}

/// <summary>The words glibc's strerror() has for an error number.</summary>
public static class ErrnoText
{
    /// <summary>As <c>No such device or address</c> for ENXIO.</summary>
    public static string Describe(this Errno errno) =>
        errno switch
        {
            Errno.None => "Success",
            Errno.EPERM => "Operation not permitted",
            Errno.ENOENT => "No such file or directory",
            Errno.EIO => "Input/output error",
            Errno.ENXIO => "No such device or address",
            Errno.E2BIG => "Argument list too long",
            Errno.EAGAIN => "Resource temporarily unavailable",
            Errno.ENOMEM => "Cannot allocate memory",
            Errno.EACCES => "Permission denied",
            Errno.EFAULT => "Bad address",
            Errno.EBUSY => "Device or resource busy",
            Errno.EEXIST => "File exists",
            Errno.ENODEV => "No such device",
            Errno.EISDIR => "Is a directory",
            Errno.EINVAL => "Invalid argument",
            Errno.ENOTTY => "Inappropriate ioctl for device",
            Errno.ENOSPC => "No space left on device",
            Errno.ERANGE => "Numerical result out of range",
            Errno.EOPNOTSUPP => "Operation not supported",
            _ => throw new ArgumentOutOfRangeException(nameof(errno), errno, "an error number without words"),
        };
}
