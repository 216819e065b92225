namespace Altmap.Host.Nbd;

/// <summary>Numbers of the NBD protocol (NetworkBlockDevice/nbd doc/proto.md); all fields are big-endian.</summary>
internal static class NbdProtocol
{
    public const ulong InitMagic = 0x4e42444d41474943, // NBDMAGIC
        OptionMagic = 0x49484156454f5054, // IHAVEOPT
        OptionReplyMagic = 0x3e889045565a9;
    public const uint RequestMagic = 0x25609513,
        SimpleReplyMagic = 0x67446698,
        StructuredReplyMagic = 0x668e33ef;
    public const int RequestBytes = 28;
    public const ushort FixedNewstyle = 1,
        NoZeroes = 2;

    /// <summary>Longest option that is looked at; the longest name or query of the protocol has 4096 bytes.</summary>
    public const int OptionBytesMax = 64 << 10;

    /// <summary>Longest read or write, announced as the largest block.</summary>
    public const uint PayloadBytesMax = 32 << 20;

    /// <summary>The one metadata context that is served.</summary>
    public const string Allocation = "base:allocation";
    public const uint AllocationId = 1;
    public const uint Hole = 1,
        ReadsAsZero = 2;
}

/// <summary>What a client may ask before the disk is served.</summary>
internal enum NbdOption : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    StartTls = 5,
    Info = 6,
    Go = 7,
    StructuredReply = 8,
    ListMetaContext = 9,
    SetMetaContext = 10,
}

/// <summary>Answers to options.</summary>
internal enum NbdOptionReply : uint
{
    Ack = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    Unsupported = 0x80000001,
    Policy = 0x80000002,
    Invalid = 0x80000003,
    Unknown = 0x80000006,
    TooBig = 0x80000009,
}

/// <summary>Pieces of what is told of an export.</summary>
internal enum NbdInfo : ushort
{
    Export = 0,
    BlockSize = 3,
}

/// <summary>What the disk can do.</summary>
[Flags]
internal enum NbdDiskFlags : ushort
{
    HasFlags = 1,
    ReadOnly = 1 << 1,
    Flush = 1 << 2,
    ForceUnitAccess = 1 << 3,
    Trim = 1 << 5,
    WriteZeroes = 1 << 6,
    DoNotFragment = 1 << 7,
    MultiConnection = 1 << 8,
    Cache = 1 << 10,
}

/// <summary>Requests.</summary>
internal enum NbdCommand : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    Cache = 5,
    WriteZeroes = 6,
    BlockStatus = 7,
}

/// <summary>How a request is to be done.</summary>
[Flags]
internal enum NbdCommandFlags : ushort
{
    None = 0,
    ForceUnitAccess = 1,
    NoHole = 2,
    DoNotFragment = 4,
    OneExtent = 8,
}

/// <summary>Chunks of a structured reply.</summary>
internal enum NbdChunk : ushort
{
    None = 0,
    Data = 1,
    Hole = 2,
    BlockStatus = 5,
    Error = 0x8001,
}

/// <summary>Errors as the protocol numbers them.</summary>
internal enum NbdError : uint
{
    None = 0,
    NotPermitted = 1,
    Io = 5,
    Invalid = 22,
    NoSpace = 28,
    NotSupported = 95,
}
