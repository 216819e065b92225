using System.Reflection;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using CpuArchitecture = Altmap.Core.Kernels.Architecture;

namespace Altmap.Core.Tests.Kernels;

public class RuleTests
{
    public static TheoryData<string> RuleNames => [.. Rules.All.Select(r => r.Name)];

    [Fact]
    public void Every_declared_rule_is_listed_once()
    {
        object?[] declared =
        [
            .. typeof(Rules).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).Where(v => v is Rule),
        ];
        Assert.Equal(declared.Length, Rules.All.Length);
        Assert.All(declared, d => Assert.Contains((Rule)d!, Rules.All));
        Assert.Equal(Enumerable.Range(0, Rules.All.Length), Rules.All.Select(r => r.Slot));
    }

    /// <summary>No default arm: a word of the table has a value, and any other text has none.</summary>
    [Theory]
    [MemberData(nameof(RuleNames))]
    public void Words_have_a_meaning_and_others_are_refused(string name)
    {
        Rule rule = Rules.Find(name)!;
        Assert.All(rule.Words, w => Assert.False(string.IsNullOrWhiteSpace(w.Meaning)));
        Assert.Equal(rule.Words.Length, rule.Words.Select(w => w.Word).Distinct().Count());
        Assert.Equal(rule.Words.Length, rule.Words.Select(w => rule.Parse(w.Word)).Distinct().Count());
        Assert.Equal(rule.Words.Length, rule.Words.Select(w => w.Meaning).Distinct().Count());
        foreach (string other in (string[])["", "unknown", "YES", " yes", "-1", "18446744073709551616", "0x40"])
        {
            Assert.False(rule.Allows(other));
            Assert.Contains(name, Assert.Throws<ArgumentException>(() => rule.Parse(other)).Message, StringComparison.Ordinal);
        }
        if (rule.IsNumber)
            Assert.True(rule.Min <= rule.Max);
        else
            Assert.True(rule.Words.Length > 1);
    }

    [Fact]
    public void Values_and_texts_go_both_ways()
    {
        Assert.Equal(new RuleChange(Rules.InfoBlockLayout, "section-4.12"), Rules.InfoBlockLayout.To(InfoBlockLayout.Section412));
        Assert.Equal(new RuleChange(Rules.ZeroedMax, "memset"), Rules.ZeroedMax.To(null));
        Assert.Equal(new RuleChange(Rules.InfoBlockMinor, "3"), Rules.InfoBlockMinor.To(3));
        Assert.Throws<ArgumentException>(() => Rules.InfoBlockMinor.To(5));
        Assert.Throws<ArgumentException>(() => Rules.LabelSlotProductBits.To(48));
        Assert.Throws<ArgumentException>(() => Rules.InfoBlockLayout.To((InfoBlockLayout)77));
    }

    [Fact]
    public void The_config_of_a_machine_goes_before_the_profile()
    {
        KernelProfile linux61 = KernelProfiles.Find("6.1")!;
        KernelProfile With(params (string Key, ulong Value)[] config) =>
            linux61.With(config.ToDictionary(c => c.Key, c => c.Value), CpuArchitecture.Arm64, ByteSize.KiB(64));
        Assert.Same(linux61, With(("zone_dma", 0), ("struct_page_size", 64), ("nvdimm_kmsan", 0)));
        KernelProfile machine = With(("struct_page_size", 80), ("max_struct_page_size", 128), ("nvdimm_kmsan", 1), ("section_bits", 30));
        Assert.Equal((new ByteSize(80), new ByteSize(128)), (machine.Get(Rules.StructPageSize), machine.Get(Rules.MaxStructPageSize)));
        Assert.Equal(LargeStructPage.RecordRealSize, machine.Get(Rules.LargeStructPage));
        Assert.Equal((30, 27), (machine.Get(Rules.SectionBitsArm64Pages64K), machine.Get(Rules.SectionBitsArm64)));
        Assert.Equal(Confirmation.UserDefined, machine.SettingOf(Rules.StructPageSize).Confirmation);
        Assert.Equal(linux61.Name, machine.Name);
        Assert.Same(
            machine,
            machine.With(new Dictionary<string, ulong> { ["section_bits"] = 30 }, CpuArchitecture.Arm64, ByteSize.KiB(64))
        );
    }
}
