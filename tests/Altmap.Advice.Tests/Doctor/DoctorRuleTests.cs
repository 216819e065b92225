using System.Collections.Immutable;
using System.Text;
using Altmap.Advice.Doctor;
using Altmap.Advice.Sessions;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.Nvdimm;
using Altmap.Shell;

namespace Altmap.Advice.Tests.Doctor;

/// <summary>Every rule: a machine with the fault, the finding, the remedy, no finding. A new rule is walked without a change
/// here.</summary>
public class DoctorRuleTests
{
    public static TheoryData<string, int> Faults
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (DoctorRule rule in Examination.Rules)
                for (int i = 0; i < rule.Examples.Length; i++)
                    data.Add(rule.GetType().Name, i);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("problem", "C1")]
    [Trait("problem", "C2")]
    [Trait("problem", "A3")]
    [Trait("problem", "E1")]
    public void A_fault_is_found_and_its_remedy_ends_it(string ruleName, int number)
    {
        DoctorRule rule = Examination.Rules.Single(r => r.GetType().Name == ruleName);
        FaultyMachine example = rule.Examples[number];
        Patient patient = Admit(example);
        var found = rule.Check(patient).Select(d => d.Finding.Code).ToArray();
        Assert.Equal(example.Codes.ToArray(), found);
        foreach (FindingCode code in example.Codes)
            // Codes of media stand with their checks in Formats.
            Assert.Contains(code, (FindingCode[])(rule.Codes.IsEmpty ? [code] : [.. rule.Codes, .. MediaFindings.Codes]));

        Examination whole = Examination.Of(patient);
        foreach (FindingCode code in example.Codes.Distinct())
        {
            Finding[] each = [.. whole.Findings.Where(f => f.Code == code)];
            Assert.NotEmpty(each);
            foreach (Finding finding in each)
            {
                Assert.NotEmpty(finding.Evidence);
                Assert.All(finding.Evidence, e => Assert.NotEqual("", e.Actual));
                Assert.NotEqual("", finding.Remedy.Advice);
                bool isTreated = finding.Remedy.Commands.Length > 0 || finding.Remedy.CommandLine is not null;
                Assert.True(isTreated == example.IsTreatable, $"{code}: {string.Join("; ", finding.Remedy.Commands)}");
                if (isTreated && !rule.Check(patient).SelectMany(d => d.Treatments).Any(t => t.OnlySaves))
                    Assert.True(finding.Remedy.Before.Length + finding.Remedy.After.Length > 0, $"{code}: the remedy changes nothing");
            }
        }
    }

    [Fact]
    public void Each_rule_has_a_question_an_example_and_codes_that_stand_once()
    {
        Assert.NotEmpty(Examination.Rules);
        Assert.All(
            Examination.Rules,
            r =>
            {
                Assert.EndsWith("?", r.Question);
                Assert.NotEmpty(r.Examples);
            }
        );
        FindingCode[] codes = [.. Examination.Rules.SelectMany(r => r.Codes), .. Altmap.Formats.MediaFindings.Codes];
        Assert.Equal(codes.Length, codes.Select(c => c.Name).Distinct().Count());
        Assert.All(Examination.Rules, r => Assert.All(r.Codes, c => Assert.Contains(r.Examples, e => e.Codes.Contains(c))));
    }

    internal static Patient Admit(FaultyMachine example)
    {
        MachineFileResult parsed = MachineFile.Parse(Encoding.UTF8.GetBytes(example.Machine), "example.json");
        Assert.Empty(parsed.Errors.Select(e => $"{e.Line}: {e.What} {e.Expected}"));
        MachineDescription description = MachineDefaults.Fill(parsed.Description!).Machine;
        KernelProfile kernel = KernelProfiles.Find(description.Kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!;
        var source = new MachineSource(
            description,
            ImmutableSortedDictionary<string, SparseBytes>.Empty,
            ImmutableSortedDictionary<string, SparseBytes>.Empty
        );
        SessionOpening opening = SessionOpening.Of(source, kernel, architecture, UuidSource.FromSeed(1));
        Assert.Null(opening.Error);
        Assert.Equal(example.StepsFail, opening.Failed.Length > 0);
        if (!example.StepsFail)
            Assert.Empty(opening.Failed.Select(f => $"{f.Command}: {f.Message}"));
        ShellState state = opening.State!;
        foreach ((ulong offset, int length) in example.Zeroed)
        {
            RegionState region = state.Machine.Regions[0];
            Machine damaged = state.Machine.With(region with { Media = region.Media.Write(offset, new byte[length]) });
            state = state with { Machine = Boot.Again(damaged) };
        }
        if (example.ThenKernel is { } then)
        {
            KernelProfile next = KernelProfiles.Find(then)!;
            state = state with
            {
                Machine = Boot.Again(state.Machine, next, ArchitectureRules.Find(next, description.Architecture, description.PageSize)!),
            };
        }
        (KernelProfile, ArchitectureRules)? upgrade = null;
        if (example.UpgradeTo is { } to)
        {
            KernelProfile target = KernelProfiles.Find(to)!;
            upgrade = (target, ArchitectureRules.Find(target, description.Architecture, description.PageSize)!);
        }
        return new Patient(state, [], example.Log, upgrade);
    }
}
