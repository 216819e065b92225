using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Core.Kernels;

/// <summary>
/// A kernel as Altmap knows it: a named set of rules. Code asks for a rule, <c>kernel.Get(Rules.X)</c>, never for a version or a name.
/// Immutable.
/// </summary>
public sealed class KernelProfile
{
    private readonly ImmutableArray<RuleSetting> _settings; // by Rule.Slot
    private readonly object?[] _values; // by Rule.Slot, as Rule.Parse() gives them

    /// <summary>Builds a profile. Throws <see cref="ArgumentException"/> when a rule is missing or has a value that it may not
    /// have.</summary>
    public KernelProfile(string name, string description, IReadOnlyDictionary<Rule, RuleSetting> rules)
        : this(
            name,
            description,
            [
                .. Rules.All.Select(r =>
                    rules.TryGetValue(r, out RuleSetting? setting)
                        ? setting
                        : throw new ArgumentException($"{name}: rule {r.Name} is not set")
                ),
            ]
        ) { }

    private KernelProfile(string name, string description, ImmutableArray<RuleSetting> settings, KernelMatch? standsFor = null)
    {
        (Name, Description, _settings, StandsFor) = (name, description, settings, standsFor);
        _values = new object?[settings.Length];
        foreach (Rule rule in Rules.All)
        {
            RuleSetting setting = settings[rule.Slot];
            if (!rule.Allows(setting.Value))
                throw new ArgumentException($"{name}: {rule.Name}: '{setting.Value}' is not {rule.Expected}");
            _values[rule.Slot] = rule.Parse(setting.Value);
        }
        IsVerified =
            standsFor is null or { Rule: KernelMatchRule.Series }
            && settings.All(s => s.Confirmation is Confirmation.RealKernel or Confirmation.SourceOnly);
    }

    /// <summary>As <c>6.1</c>, or the name in a user's profile file. For people: no code looks into it (a test checks that).</summary>
    public string Name { get; }

    /// <summary>One sentence: which kernels this stands for.</summary>
    public string Description { get; }

    /// <summary>The kernel that this profile stands for, where another name than its own was asked for; else null.</summary>
    public KernelMatch? StandsFor { get; }

    /// <summary>True when a real kernel confirmed every rule but those read in its source, and this is that kernel or of its
    /// series.</summary>
    public bool IsVerified { get; }

    /// <summary>The rules with value, confirmation and source, in the order of <see cref="Rules.All"/>.</summary>
    public IEnumerable<(Rule Rule, RuleSetting Setting)> Settings => Rules.All.Select(r => (r, _settings[r.Slot]));

    /// <summary>What the rule says on this kernel.</summary>
    public T Get<T>(Rule<T> rule) => (T)_values[rule.Slot]!;

    /// <summary>The rule's value as text, with how we know it.</summary>
    public RuleSetting SettingOf(Rule rule) => _settings[rule.Slot];

    /// <summary>The size of a memory section on <paramref name="architecture"/> with <paramref name="pageSize"/> pages.</summary>
    public ByteSize SectionSize(Architecture architecture, ByteSize pageSize) => new(1UL << Get(SectionRule(architecture, pageSize)));

    /// <summary>The rule that says so.</summary>
    public static Rule<int> SectionRule(Architecture architecture, ByteSize pageSize) =>
        architecture switch
        {
            Architecture.X86_64 => Rules.SectionBitsX86,
            Architecture.Arm64 => pageSize == ByteSize.KiB(64) ? Rules.SectionBitsArm64Pages64K : Rules.SectionBitsArm64,
            _ => Rules.SectionBitsPpc64,
        };

    /// <summary>A profile with some rules set otherwise (marked <see cref="Confirmation.UserDefined"/>). Throws
    /// <see cref="ArgumentException"/> as the constructor does.</summary>
    public KernelProfile With(string name, string description, params ReadOnlySpan<RuleChange> changes) =>
        With(name, description, $"set in profile {name}", changes);

    /// <summary>
    /// This kernel on a machine whose file says of its kernel what a profile says: <c>struct_page_size</c>, <c>max_struct_page_size</c>,
    /// <c>nvdimm_kmsan</c>, <c>section_bits</c>. The other keys of a machine's <c>config</c> are of the machine, and left to it. Applied at
    /// boot, and nowhere else. The same profile where nothing changes.
    /// </summary>
    /// <param name="config">Keys and values of the machine's <c>config</c>; the machine file checked them.</param>
    /// <param name="architecture">Whose section size <c>section_bits</c> is.</param>
    /// <param name="pageSize">The same.</param>
    public KernelProfile With(IReadOnlyDictionary<string, ulong> config, Architecture architecture, ByteSize pageSize)
    {
        var changes = new List<RuleChange>();
        foreach ((string key, ulong value) in config)
        {
            RuleChange? change = key switch
            {
                "struct_page_size" => Rules.StructPageSize.To(new ByteSize(value)),
                "max_struct_page_size" => Rules.MaxStructPageSize.To(new ByteSize(value)),
                "nvdimm_kmsan" when value == 1 => Rules.LargeStructPage.To(LargeStructPage.RecordRealSize),
                "section_bits" => SectionRule(architecture, pageSize).To(checked((int)value)),
                _ => null,
            };
            if (change is { } set && SettingOf(set.Rule).Value != set.Value)
                changes.Add(set);
        }
        return changes.Count == 0 ? this : With(Name, Description, "set in the machine's config", [.. changes]);
    }

    /// <summary>The same rules for a kernel that they stand for, with other marks.</summary>
    internal KernelProfile For(KernelMatch match, Func<Rule, RuleSetting, RuleSetting> mark) =>
        new(Name, Description, [.. Rules.All.Select(r => mark(r, _settings[r.Slot]))], match);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private KernelProfile With(string name, string description, string source, ReadOnlySpan<RuleChange> changes)
    {
        ImmutableArray<RuleSetting>.Builder settings = _settings.ToBuilder();
        foreach (RuleChange change in changes)
            settings[change.Rule.Slot] = new(change.Value, Confirmation.UserDefined, source);
        return new(name, description, settings.MoveToImmutable());
    }
}
