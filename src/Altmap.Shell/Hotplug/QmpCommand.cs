using System.Globalization;
using System.Text.Json;
using Altmap.Core;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;

namespace Altmap.Shell.Hotplug;

/// <summary>
/// <c>qmp JSON</c>: a line to QEMU's monitor as recordings have it, done as <c>hotplug</c> does it: object-add of memory, device_add of
/// pc-dimm and virtio-mem-pci, device_del, qom-set of requested-size, query-memory-devices. QEMU's answer says nothing of the kernel's.
/// </summary>
internal static class QmpCommand
{
    private const string Done = "{\"return\": {}}\n";

    public static CommandResult Run(ShellState state, string line)
    {
        JsonElement command;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            command = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            return CommandShell.Say(state, "", $"qmp: no JSON: {e.Message}\n", 16);
        }
        if (command.ValueKind != JsonValueKind.Object || Text(command, "execute") is not { } name)
            return CommandShell.Say(state, "", "qmp: expected {\"execute\": COMMAND, \"arguments\": {…}}\n", 16);
        JsonElement arguments = command.TryGetProperty("arguments", out JsonElement given) ? given : default;
        Machine machine = state.Machine;
        return name switch
        {
            "object-add" => Say(state, AddBackend(machine, arguments), Done),
            "device_add" when Text(arguments, "driver") == "pc-dimm" => Say(state, AddDimm(machine, arguments), Done),
            "device_add" when Text(arguments, "driver") is "virtio-mem-pci" or "virtio-mem" => Say(
                state,
                AddVirtioMem(machine, arguments),
                Done
            ),
            "device_del" => Say(state, Delete(machine, arguments), Done),
            "qom-set" => Say(state, Set(machine, arguments), Done),
            "query-memory-devices" => Say(state, machine, Devices(machine)),
            _ => throw new NotModelledException($"the monitor's {name} with these arguments"),
        };
    }

    private static CommandResult Say(ShellState state, Machine machine, string answer) =>
        CommandShell.Say(state with { Machine = machine }, answer, "", 0);

    private static Machine AddBackend(Machine machine, JsonElement arguments) =>
        Text(arguments, "qom-type") is { } type && type.StartsWith("memory-backend-", StringComparison.Ordinal)
            ? machine with
            {
                MemoryBackends = machine.MemoryBackends.SetItem(Required(arguments, "id"), new ByteSize(Number(arguments, "size"))),
            }
            : throw new NotModelledException("the monitor's object-add of anything but memory");

    private static Machine AddDimm(Machine machine, JsonElement arguments)
    {
        (string id, string backend, ByteSize size) = DeviceOf(machine, arguments);
        var range = RangeOf(Number(arguments, "addr"), size);
        int node = (int)Number(arguments, "node", 0);
        if (Model.Hotplug.Obstacle(machine, range) is { } obstacle)
            throw new NotModelledException($"the monitor's answer to a DIMM at {range}: {obstacle}");
        return Model.Hotplug.AddDimm(machine, range, node, (id, backend)).Machine;
    }

    private static Machine AddVirtioMem(Machine machine, JsonElement arguments)
    {
        (string id, string backend, ByteSize size) = DeviceOf(machine, arguments);
        var range = RangeOf(Number(arguments, "memaddr"), size);
        if (Model.Hotplug.Obstacle(machine, range) is { } obstacle)
            throw new NotModelledException($"the monitor's answer to a virtio-mem device at {range}: {obstacle}");
        machine = Model.Hotplug.AddVirtioMem(
            machine,
            range,
            new ByteSize(Number(arguments, "block-size", 2UL << 20)),
            (int)Number(arguments, "node", 0),
            number: null,
            (id, backend)
        );
        ulong requested = Number(arguments, "requested-size", 0);
        return requested == 0 ? machine : VirtioMem.Resize(machine, machine.Mm.VirtioMem[^1], new ByteSize(requested));
    }

    private static Machine Delete(Machine machine, JsonElement arguments)
    {
        string id = Required(arguments, "id");
        return machine.DimmSlots.Values.FirstOrDefault(d => d.Names?.Id == id) is { } dimm
            ? Model.Hotplug.RemoveDimm(machine, dimm.Range.Start).Machine
            : throw new NotModelledException($"the monitor's device_del of {id}, which is no DIMM that was plugged");
    }

    private static Machine Set(Machine machine, JsonElement arguments)
    {
        string path = Required(arguments, "path"),
            id = path[(path.LastIndexOf('/') + 1)..];
        if (Text(arguments, "property") != "requested-size")
            throw new NotModelledException("the monitor's qom-set of anything but requested-size");
        // A recording that begins after the device was made does not name it: a single one is meant.
        VirtioMemDevice device =
            machine.Mm.VirtioMem.Find(d => d.Names?.Id == id)
            ?? (machine.Mm.VirtioMem is [{ Names: null } only] ? only : null)
            ?? throw new NotModelledException($"{path}: there is no such virtio-mem device; plug it with: hotplug add-virtio-mem");
        device = device.Names is null ? device with { Names = (id, "") } : device;
        return Model.Hotplug.Resize(machine, device, new ByteSize(Number(arguments, "value")));
    }

    private static string Devices(Machine machine)
    {
        IEnumerable<(ulong At, string Text)> dimms = machine.DimmSlots.Values.Select(d =>
            (
                d.Range.Start.Bytes,
                Device(
                    "dimm",
                    [
                        ("memdev", Quoted($"/objects/{d.Names?.Backend}")),
                        ("hotplugged", "true"),
                        ("addr", Text(d.Range.Start.Bytes)),
                        ("hotpluggable", "true"),
                        ("size", Text(d.Range.Size.Bytes)),
                        ("slot", Text((ulong)d.Slot)),
                        ("node", Text((ulong)d.Node)),
                        ("id", Quoted(d.Names?.Id ?? "")),
                    ]
                )
            )
        );
        IEnumerable<(ulong At, string Text)> others = machine.Mm.VirtioMem.Select(d =>
            (
                d.Range.Start.Bytes,
                Device(
                    "virtio-mem",
                    [
                        ("memdev", Quoted($"/objects/{d.Names?.Backend}")),
                        ("memaddr", Text(d.Range.Start.Bytes)),
                        ("block-size", Text(d.BlockSize.Bytes)),
                        ("size", Text(d.PluggedSize.Bytes)),
                        ("node", Text((ulong)d.Node)),
                        ("max-size", Text(d.Range.Size.Bytes)),
                        ("requested-size", Text(d.Requested.Bytes)),
                        ("id", Quoted(d.Names?.Id ?? "")),
                    ]
                )
            )
        );
        return $"{{\"return\": [{string.Join(", ", dimms.Concat(others).OrderBy(d => d.At).Select(d => d.Text))}]}}\n";

        static string Device(string type, (string Key, string Value)[] data) =>
            $"{{\"type\": \"{type}\", \"data\": {{{string.Join(", ", data.Select(d => $"\"{d.Key}\": {d.Value}"))}}}}}";

        static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

        static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
    }

    private static (string Id, string Backend, ByteSize Size) DeviceOf(Machine machine, JsonElement arguments)
    {
        string backend = Required(arguments, "memdev");
        return machine.MemoryBackends.TryGetValue(backend, out ByteSize size)
            ? (Required(arguments, "id"), backend, size)
            : throw new NotModelledException($"the monitor's answer to memdev {backend}, which no object-add made");
    }

    private static PhysicalRange RangeOf(ulong start, ByteSize size) =>
        !size.IsZero && size.Bytes - 1 <= PhysicalAddress.InputMax - Math.Min(start, PhysicalAddress.InputMax)
            ? new PhysicalRange(new PhysicalAddress(start), size)
            : throw new NotModelledException($"memory of {size.Bytes} bytes at 0x{start:x}: it has to end below 2^56");

    private static string? Text(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(key, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string Required(JsonElement element, string key) =>
        Text(element, key) ?? throw new NotModelledException($"a monitor command without \"{key}\"");

    private static ulong Number(JsonElement element, string key, ulong? otherwise = null) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value)
            ? value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)
                ? number
                : throw new NotModelledException($"a monitor command whose \"{key}\" is no number")
            : otherwise ?? throw new NotModelledException($"a monitor command without \"{key}\"");
}
