using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.Nvdimm;
using Altmap.TestSupport;

namespace Altmap.Model.Tests.MachineFiles;

public class MachineDefaultsTests
{
    private const string Memory = """
        "memory":[{"start":"0x100000","end":"0xbfffffff","type":"System RAM"},{"start":"0x100000000","end":"0x93fffffff","type":"System RAM"}],
        """;

    [Fact]
    public void Memmap_makes_an_e820_bus_beside_the_nfit()
    {
        (MachineDescription machine, ImmutableArray<string> notes) = Fill(
            $$"""
            {"format":"altmap-machine/1","kernel":"6.1","cmdline":"memmap=16G!4G",{{Memory}}
             "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],
             "regions":[{"dev":"region0","bus":"ndbus0","start":"0x1000000000","size":"1G"}]}
            """
        );
        Assert.Equal([new BusDescription("ndbus0", "ACPI.NFIT"), new BusDescription("ndbus1", "e820")], machine.Buses);
        Assert.Equal(
            "ndbus1 (provider e820) is added for \"Persistent Memory (legacy)\" of memmap= or \"memory\", as the kernel does; a "
                + "kernel that also has an NFIT was seen to number the e820 bus first: list all in \"buses\" for its numbers",
            Assert.Single(notes)
        );
        Machine booted = Boot(machine);
        Assert.Equal(16UL << 30, booted.Regions[1].Range.Size.Bytes);
    }

    [Theory]
    [InlineData("\"cmdline\":\"memmap=16G$4G\",")]
    [InlineData("\"cmdline\":\"memmap=1G!4G\",\"buses\":[{\"dev\":\"ndbus3\",\"provider\":\"e820\"}],")]
    [InlineData("\"arch\":\"aarch64\",\"cmdline\":\"memmap=1G!4G\",")]
    public void No_bus_is_added_when_none_is_implied_or_one_is_listed(string rest)
    {
        string text = $$"""{"format":"altmap-machine/1","kernel":"6.1",{{rest}}{{Memory}}"dimms":[]}""";
        (MachineDescription machine, ImmutableArray<string> notes) = Fill(text);
        Assert.Equal(MachineFileTests.Parse(text).Buses, machine.Buses);
        Assert.Empty(notes);
    }

    [Fact]
    public void A_region_that_is_listed_keeps_its_range()
    {
        (MachineDescription machine, ImmutableArray<string> notes) = Fill(
            $$"""
            {"format":"altmap-machine/1","kernel":"6.1","cmdline":"memmap=1G!4G",{{Memory}}"buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],
             "regions":[{"dev":"region0","bus":"ndbus0","start":"0x100000000","size":"1G"}]}
            """
        );
        Assert.Single(machine.Buses);
        Assert.Equal(
            "\"Persistent Memory (legacy)\" (memmap=, or \"memory\") overlaps region0 of ndbus0: no region of an e820 bus is made of it",
            Assert.Single(notes)
        );
    }

    [Theory]
    [MemberData(nameof(MachineFileTests.GoldenMachines), MemberType = typeof(MachineFileTests))]
    public void Cookies_of_recorded_machines_come_out_without_set_cookie(string file)
    {
        MachineDescription given = MachineFileTests.Parse(File.ReadAllText(Golden.Path(file)));
        (MachineDescription bare, ImmutableArray<string> notes) = MachineDefaults.Fill(
            given with
            {
                Regions = [.. given.Regions.Select(r => r with { SetCookie = null })],
            }
        );
        Assert.Empty(notes);
        foreach (RegionDescription region in given.Regions.Where(r => r.SetCookie is not null))
        {
            // What is recorded is cookie1 or cookie2, by the version of the labels then.
            RegionCookies cookies = Boot(bare).Regions.Values.First(r => r.Description.Name == region.Name).Cookies;
            Assert.Contains(region.SetCookie!.Value, new[] { cookies.Cookie1, cookies.Cookie2 });
        }
    }

    [Fact]
    public void Dimms_without_serials_get_a_cookie_that_stands_in()
    {
        (MachineDescription machine, ImmutableArray<string> notes) = Fill(TwoDimms(""));
        ulong cookie = machine.Regions[0].SetCookie!.Value;
        Assert.Equal(
            $"region0 has no \"set_cookie\" and its DIMMs no \"serial\": 0x{cookie:x} stands in for the cookie that a real machine has",
            Assert.Single(notes)
        );
        RegionCookies cookies = Boot(machine).Regions[0].Cookies;
        Assert.Equal(new RegionCookies(cookie, cookie, cookie), cookies);
        Assert.NotEqual(0UL, cookie);
        Assert.Equal(machine.Regions[0], Assert.Single(MachineDefaults.Fill(machine).Machine.Regions));
    }

    [Fact]
    public void With_serials_the_cookie_is_computed_and_the_doubt_told()
    {
        (MachineDescription machine, ImmutableArray<string> notes) = Fill(TwoDimms("\"serial\":\"0x56341200\","));
        Assert.Null(machine.Regions[0].SetCookie);
        Assert.StartsWith("region0 has no \"set_cookie\": one is computed from the serials of its DIMMs", Assert.Single(notes));
    }

    private static string TwoDimms(string serial) =>
        $$"""
            {"format":"altmap-machine/1","kernel":"6.1","buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],
             "dimms":[{"dev":"nmem0",{{serial}}"handle":1,"label_bytes":"128K"},{"dev":"nmem1","handle":2,"label_bytes":"128K"}],
             "regions":[{"dev":"region0","bus":"ndbus0","start":"0x100000000","size":"2G",
               "mappings":[{"dimm":"nmem0","size":"1G","position":0},{"dimm":"nmem1","size":"1G","position":1}]}]}
            """;

    private static (MachineDescription Machine, ImmutableArray<string> Notes) Fill(string json) =>
        MachineDefaults.Fill(MachineFileTests.Parse(json));

    private static Machine Boot(MachineDescription description)
    {
        KernelProfile kernel = KernelProfiles.Find(description.Kernel)!;
        ImmutableSortedDictionary<string, SparseBytes> none = ImmutableSortedDictionary<string, SparseBytes>.Empty;
        return Model
            .Boot.Start(
                new MachineSource(description, none, none),
                kernel,
                ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)!
            )
            .Machine!;
    }
}
