% The steps of psysal.models.torralba2006 by Octave's functions: seconds for an image of 600 x 400.
%
%     OMP_NUM_THREADS=1 octave-cli benchmarks/measure/torralba2006.m
%
% Filters of the same sizes hold random numbers, which takes as long.  Needs the package image.
pkg load image
image = 255 * rand(400, 600, 3);
for round = 1:4
  tic
  level = conv2(padarray(mean(image, 3), [4 4], 'symmetric'), rand(9), 'valid');
  map = ones(400, 600);
  for k = 0:15
    response = conv2(padarray(level, [4 4], 'symmetric'), rand(9), 'valid');
    [counts, middles] = hist(response(:), 100);
    shares = (counts + 1) / sum(counts + 1);
    rarity = interp1(middles, 1 ./ shares, response, 'nearest', min(shares));
    map += log(imresize(rarity, [400 600], 'bilinear')) * 2 ^ (floor(k / 6) + 1);
    if mod(k, 4) == 3 && k < 15
      level = conv2(padarray(level, [8 8], 'symmetric'), rand(17), 'valid')(1:2:end, 1:2:end);
    end
  end
  disp(toc)
end
