using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Core.Kernels;

/// <summary>How a new info-block is laid out (rule <c>info-block.layout</c>).</summary>
public enum InfoBlockLayout
{
    /// <summary>Whole sections; start_pad where System RAM shares the first section (4.12).</summary>
    Section412,

    /// <summary>Whole sections; other regions of the bus count too (4.19).</summary>
    Section419,

    /// <summary>2 MiB sub-sections, no check of the start (5.4).</summary>
    SubSection,

    /// <summary>memremap_compat_align(), start checked (5.10 and later).</summary>
    CompatAlign,
}

/// <summary>What map=dev does when struct page is larger than the reserve (rule <c>info-block.large-struct-page</c>).</summary>
public enum LargeStructPage
{
    /// <summary>Such a kernel does not build.</summary>
    BuildError,

    /// <summary>Refused with EINVAL.</summary>
    Refuse,

    /// <summary>The real size is reserved and recorded (CONFIG_NVDIMM_KMSAN).</summary>
    RecordRealSize,
}

/// <summary>Which checks pfn_to_online_page() makes (rule <c>memory.pfn-to-online-page</c>).</summary>
public enum PfnOnlineRule
{
    /// <summary>The section's online flag, and pfn_valid() where an architecture has holes in zones (4.13 to 5.11).</summary>
    SectionFlag,

    /// <summary>And, where the section is tainted, get_dev_pagemap() (first posting of January 2021, never released).</summary>
    TaintPagemap,

    /// <summary>The online flag and the sub-section (second patch of the final series alone, never released).</summary>
    SubSection,

    /// <summary>The online flag, the sub-section, then taint and get_dev_pagemap() (5.12 and later).</summary>
    Current,
}

/// <summary>Whether hot-added memory can hold its own memmap (rule <c>memory.memmap-on-memory</c>).</summary>
public enum MemmapOnMemoryRule
{
    /// <summary>Never.</summary>
    None,

    /// <summary>A single block is added; where it does not fit the whole is refused (5.13).</summary>
    OneBlock,

    /// <summary>Any number of blocks; without it where it does not fit (6.8).</summary>
    Blocks,
}

/// <summary>
/// A kernel as Altmap knows it: a named set of rules. Code asks for a rule, never for a version. Immutable.
/// </summary>
public sealed class KernelProfile
{
    private readonly ImmutableSortedDictionary<string, RuleSetting> _rules;

    /// <summary>Builds a profile. Throws <see cref="ArgumentException"/> when a rule is missing, unknown or has a value it may not
    /// have.</summary>
    public KernelProfile(string name, string description, IReadOnlyDictionary<string, RuleSetting> rules)
    {
        Name = name;
        Description = description;
        _rules = rules.ToImmutableSortedDictionary(StringComparer.Ordinal);
        foreach (RuleDefinition definition in Rules.All)
        {
            if (!_rules.TryGetValue(definition.Name, out RuleSetting? setting))
                throw new ArgumentException($"{name}: rule {definition.Name} is not set");
            if (Complaint(definition, setting.Value) is { } complaint)
                throw new ArgumentException($"{name}: {complaint}");
        }
        foreach (string known in _rules.Keys)
        {
            if (Rules.Find(known) is null)
                throw new ArgumentException($"{name}: there is no rule {known}");
        }

        InfoBlockLayout = Word(Rules.InfoBlockLayout) switch
        {
            "section-4.12" => InfoBlockLayout.Section412,
            "section-4.19" => InfoBlockLayout.Section419,
            "sub-section" => InfoBlockLayout.SubSection,
            _ => InfoBlockLayout.CompatAlign,
        };
        InfoBlockMinor = (int)Number(Rules.InfoBlockMinor);
        MaxStructPageSize = new ByteSize(Number(Rules.MaxStructPageSize));
        LargeStructPage = Word(Rules.LargeStructPage) switch
        {
            "build-error" => LargeStructPage.BuildError,
            "refuse" => LargeStructPage.Refuse,
            _ => LargeStructPage.RecordRealSize,
        };
        ChecksPageSize = IsYes(Rules.PageSizeCheck);
        RefusesWithEopnotsupp = Word(Rules.RefusalErrno) == "eopnotsupp";
        OffsetCheckIsPhysical = Word(Rules.OffsetCheck) == "physical";
        ChecksCompatAlign = IsYes(Rules.CompatCheck);
        ChecksSmallNamespace = IsYes(Rules.SmallNamespaceCheck);
        CreateSpaceCountsEndTrunc = Word(Rules.CreateSpaceCheck) == "size-minus-end-trunc";
        StructPageSize = new ByteSize(Number(Rules.StructPageSize));
        ChecksBttLanes = IsYes(Rules.BttLaneCheck);
        ChecksLabelSizeField = IsYes(Rules.LabelSizeCheck);
        LabelSlotProductBits = (int)Number(Rules.LabelSlotProduct);
        LocalLabelsAreBlockMode = Word(Rules.LocalLabels) == "block-mode";
        ProbeMessageNamesDriver = Word(Rules.ProbeMessage) == "probe-with-driver";
        BindReturnsProbeErrno = Word(Rules.BindErrno) == "probe";
        DaxHasMemmapOnMemory = IsYes(Rules.DaxMemmapOnMemory);
        RegionsHaveAlign = IsYes(Rules.RegionAlign);
        HasKmem = IsYes(Rules.KmemDriver);
        KmemRefusesEmptyDevice = Word(Rules.KmemEmptyDevice) == "refuse";
        AutoOnline = OnlinePolicies.Find(Word(Rules.MemoryAutoOnline))!.Value;
        AcpiDevicesArePlatform = Word(Rules.AcpiDevicePath) == "platform";
        PudAlignIsRunTime = Word(Rules.PudAlign) == "run-time";
        PfnToOnlinePage = Word(Rules.PfnToOnlinePage) switch
        {
            "section-flag" => PfnOnlineRule.SectionFlag,
            "taint-pagemap" => PfnOnlineRule.TaintPagemap,
            "sub-section" => PfnOnlineRule.SubSection,
            _ => PfnOnlineRule.Current,
        };
        Arm64PfnValidAsksMemblock = Word(Rules.Arm64PfnValid) == "memblock";
        BootHolesTakeNeighbourZone = Word(Rules.BootHoles) == "neighbour";
        DeviceMapsAreSections = Word(Rules.DeviceMapUnit) == "section";
        DeviceMapsRaiseMaxPfnOnX86 = Word(Rules.MaxPfnX86) == "raise";
        AddedMemorySetsMaxPfnOnArm64 = Word(Rules.MaxPfnArm64) == "set";
        BlockZoneFollowsPages = Word(Rules.BlockZone) == "pages";
        Arm64MemmapIsAlwaysPmd = Word(Rules.Arm64Memmap) == "always-pmd";
        MemmapOnMemory = Word(Rules.MemmapOnMemory) switch
        {
            "none" => MemmapOnMemoryRule.None,
            "one-block" => MemmapOnMemoryRule.OneBlock,
            _ => MemmapOnMemoryRule.Blocks,
        };
        HasCompoundMemmap = Word(Rules.CompoundMemmap) != "none";
        CompoundMemmapIsShared = Word(Rules.CompoundMemmap) == "shared";
        RangeLimitIsE2big = Word(Rules.RangeLimitErrno) == "e2big";
        KmemSaysTruncated = IsYes(Rules.KmemSaysTruncated);
        SaysFallbackOrder = Word(Rules.ZoneMessages) == "fallback-order";
        StructPage = StructPageProfile.Of(Word);
        HasKmsan = Word(Rules.Kmsan) == "two-of-three";
    }

    /// <summary>As <c>6.1</c>, or the name in a user's profile file.</summary>
    public string Name { get; }

    /// <summary>One sentence: which kernels this stands for.</summary>
    public string Description { get; }

    /// <summary>The rules with value, confirmation and source, by name.</summary>
    public IReadOnlyDictionary<string, RuleSetting> Settings => _rules;

    /// <summary>True when a real kernel confirmed every rule but those read in its source.</summary>
    public bool IsVerified => _rules.Values.All(r => r.Confirmation is Confirmation.RealKernel or Confirmation.SourceOnly);

    /// <summary>See <see cref="Rules.InfoBlockLayout"/>.</summary>
    public InfoBlockLayout InfoBlockLayout { get; }

    /// <summary>See <see cref="Rules.InfoBlockMinor"/>.</summary>
    public int InfoBlockMinor { get; }

    /// <summary>See <see cref="Rules.MaxStructPageSize"/>.</summary>
    public ByteSize MaxStructPageSize { get; }

    /// <summary>See <see cref="Rules.LargeStructPage"/>.</summary>
    public LargeStructPage LargeStructPage { get; }

    /// <summary>See <see cref="Rules.PageSizeCheck"/>.</summary>
    public bool ChecksPageSize { get; }

    /// <summary>See <see cref="Rules.RefusalErrno"/>.</summary>
    public bool RefusesWithEopnotsupp { get; }

    /// <summary>See <see cref="Rules.OffsetCheck"/>.</summary>
    public bool OffsetCheckIsPhysical { get; }

    /// <summary>See <see cref="Rules.CompatCheck"/>.</summary>
    public bool ChecksCompatAlign { get; }

    /// <summary>See <see cref="Rules.SmallNamespaceCheck"/>.</summary>
    public bool ChecksSmallNamespace { get; }

    /// <summary>See <see cref="Rules.CreateSpaceCheck"/>.</summary>
    public bool CreateSpaceCountsEndTrunc { get; }

    /// <summary>See <see cref="Rules.StructPageSize"/>.</summary>
    public ByteSize StructPageSize { get; }

    /// <summary>See <see cref="Rules.BttLaneCheck"/>.</summary>
    public bool ChecksBttLanes { get; }

    /// <summary>See <see cref="Rules.LabelSizeCheck"/>.</summary>
    public bool ChecksLabelSizeField { get; }

    /// <summary>See <see cref="Rules.LabelSlotProduct"/>.</summary>
    public int LabelSlotProductBits { get; }

    /// <summary>See <see cref="Rules.LocalLabels"/>.</summary>
    public bool LocalLabelsAreBlockMode { get; }

    /// <summary>See <see cref="Rules.ProbeMessage"/>.</summary>
    public bool ProbeMessageNamesDriver { get; }

    /// <summary>See <see cref="Rules.BindErrno"/>.</summary>
    public bool BindReturnsProbeErrno { get; }

    /// <summary>See <see cref="Rules.DaxMemmapOnMemory"/>.</summary>
    public bool DaxHasMemmapOnMemory { get; }

    /// <summary>See <see cref="Rules.RegionAlign"/>.</summary>
    public bool RegionsHaveAlign { get; }

    /// <summary>See <see cref="Rules.KmemDriver"/>.</summary>
    public bool HasKmem { get; }

    /// <summary>See <see cref="Rules.KmemEmptyDevice"/>.</summary>
    public bool KmemRefusesEmptyDevice { get; }

    /// <summary>See <see cref="Rules.MemoryAutoOnline"/>.</summary>
    public OnlinePolicy AutoOnline { get; }

    /// <summary>See <see cref="Rules.AcpiDevicePath"/>.</summary>
    public bool AcpiDevicesArePlatform { get; }

    /// <summary>See <see cref="Rules.PudAlign"/>.</summary>
    public bool PudAlignIsRunTime { get; }

    /// <summary>See <see cref="Rules.PfnToOnlinePage"/>.</summary>
    public PfnOnlineRule PfnToOnlinePage { get; }

    /// <summary>See <see cref="Rules.Arm64PfnValid"/>.</summary>
    public bool Arm64PfnValidAsksMemblock { get; }

    /// <summary>See <see cref="Rules.BootHoles"/>.</summary>
    public bool BootHolesTakeNeighbourZone { get; }

    /// <summary>See <see cref="Rules.DeviceMapUnit"/>.</summary>
    public bool DeviceMapsAreSections { get; }

    /// <summary>See <see cref="Rules.MaxPfnX86"/>.</summary>
    public bool DeviceMapsRaiseMaxPfnOnX86 { get; }

    /// <summary>See <see cref="Rules.MaxPfnArm64"/>.</summary>
    public bool AddedMemorySetsMaxPfnOnArm64 { get; }

    /// <summary>See <see cref="Rules.BlockZone"/>.</summary>
    public bool BlockZoneFollowsPages { get; }

    /// <summary>See <see cref="Rules.Arm64Memmap"/>.</summary>
    public bool Arm64MemmapIsAlwaysPmd { get; }

    /// <summary>See <see cref="Rules.MemmapOnMemory"/>.</summary>
    public MemmapOnMemoryRule MemmapOnMemory { get; }

    /// <summary>See <see cref="Rules.CompoundMemmap"/>: device-dax asks for compound pages.</summary>
    public bool HasCompoundMemmap { get; }

    /// <summary>See <see cref="Rules.CompoundMemmap"/>: their struct pages can be shared.</summary>
    public bool CompoundMemmapIsShared { get; }

    /// <summary>See <see cref="Rules.RangeLimitErrno"/>.</summary>
    public bool RangeLimitIsE2big { get; }

    /// <summary>See <see cref="Rules.KmemSaysTruncated"/>.</summary>
    public bool KmemSaysTruncated { get; }

    /// <summary>See <see cref="Rules.ZoneMessages"/>.</summary>
    public bool SaysFallbackOrder { get; }

    /// <summary>See <see cref="StructPageRules"/>.</summary>
    public StructPageProfile StructPage { get; }

    /// <summary>See <see cref="Rules.Kmsan"/>.</summary>
    public bool HasKmsan { get; }

    /// <summary>The size of a memory section on <paramref name="architecture"/> with <paramref name="pageSize"/> pages.</summary>
    public ByteSize SectionSize(Architecture architecture, ByteSize pageSize) =>
        new(1UL << (int)Number(SectionRule(architecture, pageSize)));

    /// <summary>The rule that says so.</summary>
    public static RuleDefinition SectionRule(Architecture architecture, ByteSize pageSize) =>
        architecture switch
        {
            Architecture.X86_64 => Rules.SectionBitsX86,
            Architecture.Arm64 => pageSize == ByteSize.KiB(64) ? Rules.SectionBitsArm64Pages64K : Rules.SectionBitsArm64,
            _ => Rules.SectionBitsPpc64,
        };

    /// <summary>A profile with some rules set otherwise (marked <see cref="Confirmation.UserDefined"/>). Throws
    /// <see cref="ArgumentException"/> as the constructor does.</summary>
    public KernelProfile Derive(string name, string description, IReadOnlyDictionary<string, string> values) =>
        new(
            name,
            description,
            _rules.SetItems(
                values.Select(v => KeyValuePair.Create(v.Key, new RuleSetting(v.Value, Confirmation.UserDefined, $"set in profile {name}")))
            )
        );

    /// <summary>Why <paramref name="value"/> cannot be the value of <paramref name="definition"/>, or null when it can.</summary>
    public static string? Complaint(RuleDefinition definition, string value)
    {
        if (!definition.IsNumber)
            return definition.Choices.Contains(value)
                ? null
                : $"{definition.Name}: '{value}' is none of {string.Join(", ", definition.Choices)}";
        if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || number == 0)
            return $"{definition.Name}: '{value}' is not a number above 0";
        (ulong bitsMin, ulong bitsMax) = BitsRange(definition);
        if (definition.Unit == "bits" && (number < bitsMin || number > bitsMax))
            return $"{definition.Name}: {value} bits are not from {bitsMin} to {bitsMax}";
        if (definition == Rules.InfoBlockMinor && number > 4)
            return $"{definition.Name}: {value} is above 4, the last minor version that exists";
        return definition.Unit == "bytes" && number > 65535 ? $"{definition.Name}: {value} bytes are more than 65535" : null;
    }

    /// <summary>Sections are no smaller than a sub-section of 2 MiB, and no kernel has any of more than a terabyte.</summary>
    internal static (ulong Min, ulong Max) BitsRange(RuleDefinition definition) =>
        definition == Rules.LabelSlotProduct ? (1UL, 64UL) : (21UL, 40UL);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private string Word(RuleDefinition rule) => _rules[rule.Name].Value;

    private bool IsYes(RuleDefinition rule) => Word(rule) == "yes";

    private ulong Number(RuleDefinition rule) => ulong.Parse(Word(rule), NumberStyles.None, CultureInfo.InvariantCulture);
}
