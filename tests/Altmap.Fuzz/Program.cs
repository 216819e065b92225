using System.Globalization;
using Altmap.Fuzz;

// Altmap.Fuzz --target NAME|all [--seconds S] [--seed N] [--inputs N] [--replay FILE]
// Exit: 0 nothing found, 1 something found, 16 wrong use. Last line: N targets passed, N failed.
string name = "all";
string? replay = null;
ulong seed = 1,
    inputsMax = ulong.MaxValue;
double seconds = 2;
for (int i = 0; i < args.Length; i += 2)
{
    if (i + 1 == args.Length)
        return Usage($"{args[i]} needs a value");
    string value = args[i + 1];
    bool good = true;
    switch (args[i])
    {
        case "--target":
            name = value;
            break;
        case "--replay":
            replay = value;
            break;
        case "--seconds":
            good = double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds);
            break;
        case "--seed":
            good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
            break;
        case "--inputs":
            good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out inputsMax);
            seconds = 86400;
            break;
        default:
            return Usage($"there is no option {args[i]}");
    }
    if (!good)
        return Usage($"{args[i]}: '{value}' is not a number");
}

List<FuzzTarget> targets = [.. FuzzTargets.All.Where(t => name == "all" || t.Name == name)];
if (targets.Count == 0)
    return Usage($"there is no target {name}");
if (replay is not null)
{
    if (targets.Count != 1)
        return Usage("--replay needs one --target");
    if (!File.Exists(replay))
        return Usage($"there is no file {replay}");
    string? failure = FuzzRun.Try(targets[0], File.ReadAllBytes(replay));
    Console.WriteLine(failure ?? "nothing wrong with this input");
    return failure is null ? 0 : 1;
}

Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true; // the counts so far are printed, and the failing input, if any, is written
    FuzzRun.Stopped = true;
};
int passed = 0,
    failed = 0;
foreach (FuzzTarget target in targets)
{
    if (FuzzRun.Stopped)
        break;
    if (new FuzzRun(target, seed, TimeSpan.FromSeconds(seconds), inputsMax).Run())
        passed++;
    else
        failed++;
}
Console.WriteLine($"{passed} targets passed, {failed} failed");
return failed == 0 ? 0 : 1;

static int Usage(string complaint)
{
    Console.Error.WriteLine($"Altmap.Fuzz: {complaint}");
    Console.Error.WriteLine("usage: Altmap.Fuzz --target NAME|all [--seconds S] [--seed N] [--inputs N] [--replay FILE]");
    Console.Error.WriteLine($"targets: {string.Join(", ", FuzzTargets.All.Select(t => t.Name))}");
    return 16;
}
